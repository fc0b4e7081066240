import type { Controller } from '../session/controller';

/** What has happened to the model, until it is read. Always there, so that a screen reader hears it come. */
export function ModelNotice({ notices, controller }: { notices: readonly string[]; controller: Controller }) {
  return (
    <div className="model-notice" role="status">
      {notices.length > 0 ? (
        <>
          <p>{notices.join(' ')}</p>
          <button type="button" className="quiet" onClick={() => controller.readNotices()}>
            Close
          </button>
        </>
      ) : null}
    </div>
  );
}
