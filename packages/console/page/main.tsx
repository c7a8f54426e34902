import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import type { ApiProblem } from "./api/client.ts";
import { App } from "./app.tsx";
import { pageAt } from "./routes.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/table.css";
import "./styles/dialog.css";
import "./styles/flow.css";
import "./styles/lag.css";

// Beside the question who looks at it, not after its answer.
pageAt(location.pathname)[0]
  .load()
  .catch(() => undefined);

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended: who logs in comes back to where it was.
    onError: (error) => {
      if ((error as ApiProblem).status === 401) void client.invalidateQueries({ queryKey: ["/session"] });
    },
  }),
  defaultOptions: {
    queries: {
      // What was refused is refused again; what did not answer may.
      retry: (failures, error) => failures < 2 && (error as ApiProblem).status === 0,
      staleTime: 1_000,
      refetchOnWindowFocus: true,
    },
  },
});

createRoot(document.querySelector("#root")!).render(
  <QueryClientProvider client={client}>
    <App />
  </QueryClientProvider>,
);
