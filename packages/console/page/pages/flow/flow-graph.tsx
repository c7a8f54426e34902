import { type Edge, Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { useMemo } from "react";
import { Icon } from "../../parts/icons.tsx";
import { StillGraph } from "../../parts/still-graph.tsx";
import { useNarrow } from "../../parts/use-narrow.ts";
import type { FlowEvent } from "./flow-event.ts";
import { type Drawn, layOut, nodeHeight, nodeWidth, type Placed, type Shape } from "./lay-out.ts";
import { outcomes } from "./outcomes.tsx";

type FlowNode = Node<{ readonly placed: Placed; readonly shape: Shape }, "flow">;

const nodeTypes = { flow: DrawnNode };
const mostRowsTall = 9;

/** The graph of a flow, to look at: the timeline says the same in words. */
export function FlowGraph({ events }: { readonly events: readonly FlowEvent[] }) {
  const shape = useNarrow() ? "rows" : "columns";
  const drawn = useMemo(() => layOut(events, shape), [events, shape]);
  const { nodes, edges } = useMemo(() => elementsOf(drawn, shape), [drawn, shape]);
  const height = Math.min(Math.max(drawn.rows, 2), mostRowsTall) * (nodeHeight + 14) + 40;
  const width = Math.max(...drawn.nodes.map(({ x }) => x)) + nodeWidth;
  const natural = { width, height: Math.max(...drawn.nodes.map(({ y }) => y)) + nodeHeight };
  return (
    <StillGraph
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      label="The graph of the flow; the timeline says the same in words"
      // Where it is drawn smaller, for the screen is narrow, it is not as tall.
      height={`min(calc(${Math.ceil((100 * height) / width)}vw + 4rem), ${height}px)`}
      natural={shape === "rows" ? natural : null}
      controls="horizontal"
    />
  );
}

const elementsOf = ({ nodes, edges }: Drawn, shape: Shape): { nodes: FlowNode[]; edges: Edge[] } => ({
  nodes: nodes.map((placed) => ({
    id: placed.id,
    type: "flow",
    position: { x: placed.x, y: placed.y },
    width: nodeWidth,
    height: nodeHeight,
    data: { placed, shape },
  })),
  edges: edges.map((edge) => ({
    ...edge,
    type: "smoothstep",
    ...(shape === "rows" && { pathOptions: { offset: 6, borderRadius: 4 } }),
  })),
});

function DrawnNode({ data: { placed, shape } }: NodeProps<FlowNode>) {
  const { shown } = placed;
  const tone =
    "handler" in shown ? `tone-${outcomes[shown.handler.outcome].tone}` : "event" in shown ? "event-node" : "tone-calm";
  return (
    <div className={`node ${tone}`}>
      <Handle type="target" position={Position.Left} />
      {"event" in shown && (
        <>
          <strong className="mono">{shown.event.type}</strong>
          <span className="soft">from {shown.event.source}</span>
        </>
      )}
      {"handler" in shown && (
        <>
          <strong>
            {shown.handler.service}/{shown.handler.handler}
          </strong>
          <span className="outcome">
            <Icon name={outcomes[shown.handler.outcome].tone} /> {outcomes[shown.handler.outcome].word}
          </span>
        </>
      )}
      {"closedHandlers" in shown && (
        <>
          <strong>Closed</strong>
          <span className="soft">
            {shown.closedHandlers > 1 ? `${shown.closedHandlers} handlers you may not see` : "a service you may not see"}
          </span>
        </>
      )}
      <Handle type="source" position={shape === "rows" ? Position.Bottom : Position.Right} className={shape} />
    </div>
  );
}
