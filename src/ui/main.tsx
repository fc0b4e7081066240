import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startClient } from '../worker/client';
import { App } from './App';
import { Controller } from './controller';
import { readSettings, saveSettings } from './settings-store';
import './theme.css';
import './layout.css';
import './controls.css';
import './story.css';

const controller = new Controller({
  settings: readSettings(),
  modelUrl: new URL('models/stories/', document.baseURI).href,
  connect: startClient,
  saveSettings,
});
void controller.open();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App controller={controller} />
  </StrictMode>,
);
