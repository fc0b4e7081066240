import { openFirefox } from './firefox';
import { journeys } from './journeys';

journeys(openFirefox, { keepsModels: true });
