import { type Edge, Handle, MarkerType, type Node, type NodeProps, Position } from "@xyflow/react";
import { useMemo } from "react";
import type { ServiceMap } from "../../api/answers.ts";
import { Icon } from "../../parts/icons.tsx";
import { StillGraph } from "../../parts/still-graph.tsx";
import { navigate } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { healths } from "./health-words.ts";
import { layOutMap } from "./lay-out-map.ts";

type Health = ServiceMap["nodes"][number]["health"];
type MapNode = Node<{ readonly name: string; readonly kind: string; readonly health: Health }, "service">;

const nodeTypes = { service: ServiceNode };
const [width, height, columnWidth, rowHeight] = [168, 52, 320, 84];
const worst: readonly Health[] = ["stopped", "failing", "behind", "unknown", "ok"];

/** The map, to look at; the table below says the same in words. */
export function MapGraph({ map }: { readonly map: ServiceMap }) {
  const { nodes, edges, rows } = useMemo(() => elementsOf(map), [map]);
  return (
    <StillGraph
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      label="The map; the table below says the same in words"
      height={Math.max(4, Math.min(rows, 9)) * rowHeight}
      className="map"
      onNodeClick={({ data: { name, kind } }) => kind === "service" && navigate(paths.service(name))}
    />
  );
}

function elementsOf({ nodes, edges }: ServiceMap): { nodes: MapNode[]; edges: Edge[]; rows: number } {
  const placed = new Map(
    layOutMap(
      nodes.map(({ name }) => name),
      edges,
    ).map((place) => [place.name, place]),
  );
  const drawn = nodes.map(({ name, kind, health }): MapNode => {
    const { column, row } = placed.get(name)!;
    return {
      id: name,
      type: "service",
      position: { x: column * columnWidth, y: row * rowHeight },
      width,
      height,
      data: { name, kind, health },
    };
  });
  // One line from a service to another: the worst of what goes along it.
  const lines = new Map<string, { from: string; to: string; health: Health }>();
  for (const { from, to, health } of edges) {
    const line = lines.get(`${from} → ${to}`) ?? { from, to, health };
    if (worst.indexOf(health) < worst.indexOf(line.health)) line.health = health;
    lines.set(`${from} → ${to}`, line);
  }
  const linked = [...lines].map(([id, { from, to, health }]): Edge => ({
    id,
    source: from,
    target: to,
    type: "simplebezier",
    className: `tone-${healths[health].tone}`,
    // The table says what goes along it; here only what is wrong is written on a line.
    ...(health !== "ok" && { label: healths[health].word }),
    markerEnd: { type: MarkerType.ArrowClosed },
  }));
  return { nodes: drawn, edges: linked, rows: Math.max(...[...placed.values()].map(({ row }) => row + 1)) };
}

function ServiceNode({ data: { name, kind, health } }: NodeProps<MapNode>) {
  return (
    <div className={`node tone-${healths[health].tone}`}>
      <Handle type="target" position={Position.Left} />
      <strong className="mono">{name}</strong>
      <span className="outcome">
        <Icon name={healths[health].tone} /> {kind === "foreign" ? "not of ours" : healths[health].word}
      </span>
      <Handle type="source" position={Position.Right} />
    </div>
  );
}
