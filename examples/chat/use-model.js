import { useEffect, useState } from 'react';
import { openModel } from 'unmask';

/** Opens a model for as long as the component is there. */
export function useModel(place) {
  const [state, setState] = useState({});
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const onProgress = (value, max) => signal.aborted || setState({ progress: { value, max } });
    const opening = openModel(place, { signal, onProgress });
    opening.then(
      (model) => signal.aborted || setState({ model }),
      (error) => signal.aborted || setState({ problem: error.message }),
    );
    return () => {
      abort.abort();
      // Where it was open before.
      opening.then((model) => model.dispose()).catch(() => {});
    };
  }, [place]);
  return state;
}
