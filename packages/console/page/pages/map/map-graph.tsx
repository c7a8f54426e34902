import { type Edge, Handle, MarkerType, type Node, type NodeProps, Position } from "@xyflow/react";
import { useMemo } from "react";
import type { ServiceMap } from "../../api/answers.ts";
import { Icon } from "../../parts/icons.tsx";
import { StillGraph } from "../../parts/still-graph.tsx";
import { useNarrow } from "../../parts/use-narrow.ts";
import { navigate } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { healths } from "./health-words.ts";
import { layOutMap, stackMap } from "./lay-out-map.ts";

type Health = ServiceMap["nodes"][number]["health"];
type MapNode = Node<
  { readonly name: string; readonly kind: string; readonly health: Health; readonly isStacked: boolean },
  "service"
>;

const nodeTypes = { service: ServiceNode };
const [wideWidth, height, columnWidth, rowHeight] = [168, 52, 320, 84];
/** Two beside each other fit a phone. */
const [stackedWidth, stackedGap, stackedRow] = [154, 10, 96];
const worst: readonly Health[] = ["stopped", "failing", "behind", "unknown", "ok"];

/** The map, to look at; the table below says the same in words. */
export function MapGraph({ map }: { readonly map: ServiceMap }) {
  const isNarrow = useNarrow();
  const { nodes, edges, rows, natural } = useMemo(() => elementsOf(map, isNarrow), [map, isNarrow]);
  return (
    <StillGraph
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      label="The map; the table below says the same in words"
      height={Math.max(4, Math.min(rows, 9)) * rowHeight}
      natural={isNarrow ? natural : null}
      className="map"
      onNodeClick={({ data: { name, kind } }) => kind === "service" && navigate(paths.service(name))}
    />
  );
}

interface Elements {
  readonly nodes: MapNode[];
  readonly edges: Edge[];
  readonly rows: number;
  /** How large all of it is. */
  readonly natural: { readonly width: number; readonly height: number };
}

function elementsOf({ nodes, edges }: ServiceMap, isStacked: boolean): Elements {
  const places = layOutMap(
    nodes.map(({ name }) => name),
    edges,
  );
  const width = isStacked ? stackedWidth : wideWidth;
  const positions = new Map(
    isStacked
      ? stackMap(places).map(({ name, across, down }) => [name, { x: across * (width + stackedGap), y: down * stackedRow }])
      : places.map(({ name, column, row }) => [name, { x: column * columnWidth, y: row * rowHeight }]),
  );
  const drawn = nodes.map(({ name, kind, health }): MapNode => {
    const position = positions.get(name)!;
    return { id: name, type: "service", position, width, height, data: { name, kind, health, isStacked } };
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
    // Where nodes stand close they say it themselves.
    ...(health !== "ok" && !isStacked && { label: healths[health].word }),
    markerEnd: { type: MarkerType.ArrowClosed },
  }));
  const all = [...positions.values()];
  return {
    nodes: drawn,
    edges: linked,
    rows: Math.max(...places.map(({ row }) => row + 1)),
    natural: { width: Math.max(...all.map(({ x }) => x)) + width, height: Math.max(...all.map(({ y }) => y)) + height },
  };
}

function ServiceNode({ data: { name, kind, health, isStacked } }: NodeProps<MapNode>) {
  return (
    <div className={`node tone-${healths[health].tone}`}>
      <Handle type="target" position={isStacked ? Position.Top : Position.Left} />
      <strong className="mono">{name}</strong>
      <span className="outcome">
        <Icon name={healths[health].tone} />{" "}
        {kind === "foreign" ? "not of ours" : kind === "closed" ? "closed" : healths[health].word}
      </span>
      <Handle type="source" position={isStacked ? Position.Bottom : Position.Right} />
    </div>
  );
}
