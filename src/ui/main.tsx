import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startClient } from '../library/unmask';
import { SiteUpdate } from '../offline/site-update';
import { startOffline } from '../offline/start-offline';
import { App } from './App';
import { embeddedModels, savesData } from './models/embedded-models';
import { Upgrade } from './models/upgrade';
import { keepCompositions } from './page/composition';
import { viewOf } from './page/view';
import { Controller } from './session/controller';
import { readSettings, saveSettings } from './settings/settings-store';
import { Sharing } from './share/sharing';
import { windowAddress } from './share/window-address';
import './page/theme.css';
import './page/layout.css';
import './fields/controls.css';
import './story/story.css';
import './editing/editing.css';
import './timeline/timeline.css';
import './page/update.css';
import './share/share.css';
import './page/views.css';
import './glossary/glossary.css';
import './page/forced-colours.css';

keepCompositions();
const [starter, ...moreModels] = embeddedModels(document);
const controller = new Controller({
  settings: readSettings(),
  embeddedUrl: starter?.url ?? new URL('models/stories/', document.baseURI).href,
  embeddedDigest: starter?.digest,
  moreModels,
  hub: document.querySelector<HTMLMetaElement>('meta[name="unmask-hub"]')?.content,
  connect: startClient,
  saveSettings,
});
const sharing = new Sharing(controller, windowAddress);
sharing.begin();
window.addEventListener('hashchange', () => sharing.arrive());
const upgrade = new Upgrade(controller, savesData());
const update = new SiteUpdate();
void startOffline(update).then(() => {
  // Loading may have been cancelled by then.
  if (controller.session.model.phase !== 'loading') return;
  return viewOf(location.hash) === 'write' ? controller.open() : controller.models.load();
});
// A page in the browser's back-forward cache would keep its worker, and all the memory of the model.
window.addEventListener('pagehide', () => controller.models.leave());
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) void controller.models.comeBack();
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App controller={controller} sharing={sharing} upgrade={upgrade} update={update} />
  </StrictMode>,
);
