import { Controls, type Edge, type Node, type NodeTypes, ReactFlow, type ReactFlowProps } from "@xyflow/react";
import "@xyflow/react/dist/base.css";

interface StillGraphProps<N extends Node> {
  readonly nodes: N[];
  readonly edges: Edge[];
  readonly nodeTypes: NodeTypes;
  /** What it shows, and where the same is said in words. */
  readonly label: string;
  readonly height: string | number;
  /**
   * Its own size in pixels, where it is not made smaller to be seen whole: on a narrow screen nobody reads what is. It is scrolled as any
   * part of a page.
   */
  readonly natural?: { readonly width: number; readonly height: number } | null;
  readonly className?: string;
  readonly controls?: "horizontal" | "vertical";
  readonly onNodeClick?: (node: N) => void;
}

const margin = 12;
/** Below all of it stands who drew it. */
const foot = 12;

/** A graph to look at: it is moved and enlarged, and nothing in it is changed. Its words stand elsewhere on the page, for those who do not see it. */
export function StillGraph<N extends Node>(props: StillGraphProps<N>) {
  const { nodes, edges, nodeTypes, label, height, natural = null, className = "", controls = "vertical", onNodeClick } = props;
  const still: ReactFlowProps<N> = {
    nodes,
    edges,
    nodeTypes,
    nodesDraggable: false,
    nodesConnectable: false,
    nodesFocusable: false,
    edgesFocusable: false,
    elementsSelectable: false,
    zoomOnScroll: false,
    preventScrolling: false,
    disableKeyboardA11y: true,
    ...(onNodeClick && { onNodeClick: (_: unknown, node: N) => onNodeClick(node) }),
  };
  // Another shape is another picture, and must be seen whole.
  const shape = `${nodes.length} ${natural === null}`;
  if (natural !== null)
    return (
      <div className={`graph scrolls ${className}`} role="group" aria-label={label} tabIndex={0}>
        <div style={{ width: natural.width + 2 * margin, height: natural.height + 2 * margin + foot }}>
          <ReactFlow<N>
            key={shape}
            {...still}
            defaultViewport={{ x: margin, y: margin, zoom: 1 }}
            panOnDrag={false}
            zoomOnPinch={false}
            zoomOnDoubleClick={false}
          />
        </div>
      </div>
    );
  return (
    <div className={`graph ${className}`} style={{ height }} role="group" aria-label={label}>
      <ReactFlow<N> key={shape} {...still} fitView fitViewOptions={{ padding: 0.08, maxZoom: 1 }} minZoom={0.2}>
        <Controls showInteractive={false} orientation={controls} />
      </ReactFlow>
    </div>
  );
}
