import { openModel } from './open-model';
import { serve } from './serve';

serve(
  {
    postMessage: (message) => self.postMessage(message),
    addEventListener: (type, listener) => self.addEventListener(type, listener),
  },
  openModel,
);
