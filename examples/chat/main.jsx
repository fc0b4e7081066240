import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './Chat';

/** A checkpoint that is fetched and converted at the first visit (1.2 GB) and kept by the browser. */
const PUBLISHED = 'dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1';

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <Chat place={new URLSearchParams(location.search).get('model') ?? PUBLISHED} />
  </StrictMode>,
);
