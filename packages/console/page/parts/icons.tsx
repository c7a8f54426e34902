/** Shapes that differ without their colour: whoever sees none still sees what is broken. */
const shapes = {
  bad: <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5zM5.5 5.5l5 5m0-5-5 5" />,
  warn: <path d="M8 1.8 15 14.2H1zM8 6.2v3.6m0 2v.2" />,
  good: <path d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM4.8 8.3l2.2 2.2 4.3-4.6" />,
  unknown: <path d="M3 1h10v14H3zM6 6.2A2 2 0 1 1 8 8.2v1.3m0 2v.2" />,
  calm: <path d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM4.8 8h6.4" />,
  search: <path d="M7 1.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM11 11l4 4" />,
  close: <path d="m3 3 10 10M13 3 3 13" />,
  tenant: <path d="M2 15V3l6-2v14M8 6l6 2v7M1 15h14M4.6 5.4v.2m0 3v.2m0 3v.2m6.6-3v.2m0 2.8v.2" />,
  sun: (
    <path d="M8 4.8a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4zM8 .8v1.6m0 11.2v1.6M.8 8h1.6m11.2 0h1.6M2.9 2.9 4 4m8 8 1.1 1.1m0-10.2L12 4m-8 8-1.1 1.1" />
  ),
  moon: <path d="M13.8 9.8A6.3 6.3 0 0 1 6.2 2.2a6.3 6.3 0 1 0 7.6 7.6z" />,
} as const;

export type IconName = keyof typeof shapes;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg
    viewBox="0 0 16 16"
    width="16"
    height="16"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.6"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    {shapes[name]}
  </svg>
);
