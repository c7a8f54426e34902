import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Link } from "../router/link.tsx";
import { paths } from "../router/paths.ts";

export const NoPage = () => (
  <Page title="No such page" byTenant>
    <Empty title={`Nothing is at ${location.pathname}`}>
      <Link to={paths.overview()}>Begin at the overview</Link>, or search by an order or an id above.
    </Empty>
  </Page>
);
