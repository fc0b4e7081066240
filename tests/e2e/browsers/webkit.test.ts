import { describe } from 'vitest';
import { journeys } from './journeys';
import { openWebkit } from './webkit';

// Elsewhere there is no WebKitGTK to be had.
describe.skipIf(process.platform !== 'linux')('WebKitGTK', () => journeys(openWebkit, { keepsModels: false }));
