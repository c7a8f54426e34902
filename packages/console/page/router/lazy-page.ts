import type { ComponentType } from "react";
import type { PathParts } from "./match-route.ts";

export type PageComponent = ComponentType<{ readonly parts: PathParts }>;

/** A page that is loaded when somebody goes there. */
export interface LazyPage {
  /** Null until it is loaded. */
  readonly component: PageComponent | null;
  /** Loads it once; what failed is tried again by the next who asks. */
  load(): Promise<void>;
}

export function lazyPage(load: () => Promise<PageComponent>): LazyPage {
  let component: PageComponent | null = null;
  let loading: Promise<void> | null = null;
  return {
    get component() {
      return component;
    },
    load: () => {
      loading ??= load().then(
        (loaded) => void (component = loaded),
        (error: unknown) => {
          loading = null;
          throw error;
        },
      );
      return loading;
    },
  };
}
