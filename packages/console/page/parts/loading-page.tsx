import { Bones } from "./bones.tsx";
import { Note } from "./status.tsx";

/** Where the page's title, sentence and first section will stand. */
export const LoadingPage = () => (
  <div className="page">
    <header>
      <div className="loading-title">
        <Bones lines={1} height="2.1rem" />
      </div>
    </header>
    <Bones lines={6} />
  </div>
);

/** A part of the page that did not come: the control plane is away, or serves another build by now. */
export const PageNotLoaded = () => (
  <Note tone="unknown">
    <p>
      This page could not be loaded: the control plane does not answer, or it was updated since. <a href="">Load it again</a>.
    </p>
  </Note>
);
