import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { SiteUpdate } from '../offline/site-update';
import { startOffline } from '../offline/start-offline';
import { startClient } from '../worker/client';
import { App } from './App';
import { Controller } from './controller';
import { readSettings, saveSettings } from './settings-store';
import { viewOf } from './view';
import './theme.css';
import './layout.css';
import './controls.css';
import './story.css';
import './timeline.css';
import './update.css';
import './views.css';

const controller = new Controller({
  settings: readSettings(),
  modelUrl: new URL('models/stories/', document.baseURI).href,
  connect: startClient,
  saveSettings,
});
const update = new SiteUpdate();
void startOffline(update).then(() => {
  // Loading may have been cancelled by then.
  if (controller.session.model.phase !== 'loading') return;
  return viewOf(location.hash) === 'write' ? controller.open() : controller.load();
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App controller={controller} update={update} />
  </StrictMode>,
);
