import { useStore } from 'zustand';
import type { SiteUpdate } from '../../offline/site-update';

/** Offers a newer build of the site. The text on the screen stays until the person chooses. */
export function UpdateNotice({ update }: { update: SiteUpdate }) {
  const { offered } = useStore(update.store);
  return (
    <div role="status">
      {offered ? (
        <div className="update">
          <p>A new version of this page is ready. Updating reloads the page.</p>
          <button type="button" className="quiet" onClick={() => update.apply()}>
            Update
          </button>
        </div>
      ) : null}
    </div>
  );
}
