import { Controls, type Edge, type Node, type NodeTypes, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";

interface StillGraphProps<N extends Node> {
  readonly nodes: N[];
  readonly edges: Edge[];
  readonly nodeTypes: NodeTypes;
  /** What it shows, and where the same is said in words. */
  readonly label: string;
  readonly height: string | number;
  readonly className?: string;
  readonly controls?: "horizontal" | "vertical";
  readonly onNodeClick?: (node: N) => void;
}

/** A graph to look at: it is moved and enlarged, and nothing in it is changed. Its words stand elsewhere on the page, for those who do not see it. */
export function StillGraph<N extends Node>(props: StillGraphProps<N>) {
  const { nodes, edges, nodeTypes, label, height, className, controls = "vertical", onNodeClick } = props;
  return (
    <div className={className === undefined ? "graph" : `graph ${className}`} style={{ height }} role="group" aria-label={label}>
      <ReactFlow<N>
        // Another shape is another picture, and must be seen whole.
        key={nodes.length}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1 }}
        minZoom={0.2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        disableKeyboardA11y
        {...(onNodeClick && { onNodeClick: (_: unknown, node: N) => onNodeClick(node) })}
      >
        <Controls showInteractive={false} orientation={controls} />
      </ReactFlow>
    </div>
  );
}
