import type { ModelInfo } from '../../library/unmask';
import { cutText, cutTo } from '../fields/use-limit';
import { DEFAULT_SETTINGS, LONGEST, parseSettings, type Settings, usesSteps } from '../settings/settings';

/** Which model wrote a text, and on what: another of either may write another. */
export interface Origin {
  readonly digest: string;
  /** As `deviceName` has it. */
  readonly device: string;
}

/** What a link says: the settings that a text comes from, and where its maker's text came from, if it tells. */
export interface Link {
  readonly settings: TextSettings;
  readonly digest: string | null;
  readonly device: string | null;
  /** What of it cannot be had, in a sentence or two; '' where all of it can. */
  readonly note: string;
}

/** The settings that a text depends on; the others are the visitor's own. */
export type TextSettings = Pick<Settings, (typeof TEXT_SETTINGS)[number]>;

const TEXT_SETTINGS = [
  'form',
  'kind',
  'title',
  'freePrompt',
  'blockSize',
  'steps',
  'policy',
  'threshold',
  'entropyBound',
  'temperature',
  'topP',
  'seed',
  'maxTokens',
] as const satisfies (keyof Settings)[];

/** The parameters that numbers have in an address. */
const NUMBERS = {
  block: 'blockSize',
  steps: 'steps',
  threshold: 'threshold',
  entropy: 'entropyBound',
  t: 'temperature',
  p: 'topP',
  length: 'maxTokens',
  seed: 'seed',
} as const satisfies Record<string, keyof TextSettings>;

/** `#write?title=The+Lost+Kite&seed=1&model=…&on=wasm`: what differs from the defaults, and always the seed. */
export function linkHash(settings: TextSettings, origin: Origin | null): string {
  const { form, kind, title, freePrompt } = settings;
  const parameters = new URLSearchParams();
  if (form === 'free') parameters.set('text', freePrompt);
  else {
    if (kind !== DEFAULT_SETTINGS.kind) parameters.set('kind', kind);
    parameters.set('title', title);
  }
  addSettings(parameters, settings, origin);
  return `#write?${parameters}`;
}

/** Adds how a text was written, and by whom, to the parameters of its link. */
export function addSettings(parameters: URLSearchParams, settings: TextSettings, origin: Origin | null): void {
  const { policy, seed } = settings;
  if (policy !== null) parameters.set('policy', policy);
  for (const [name, field] of Object.entries(NUMBERS)) {
    const value = settings[field];
    if (value !== DEFAULT_SETTINGS[field] && isUsed(field, settings)) parameters.set(name, String(value));
  }
  parameters.set('seed', String(seed));
  if (origin) {
    parameters.set('model', origin.digest);
    parameters.set('on', origin.device);
  }
}

/** The parameter of an address that tells how often its text was changed after it was written. */
const CHANGES = 'changes';

/** The address of a text: its link, and whether that tells all of it. */
export function textAddress(link: string, changes: number): string {
  return changes > 0 ? `${link}&${CHANGES}=${changes}` : link;
}

/** What a link's address says; null for one that names a view and no text. It is not to be trusted. */
export function readLink(hash: string): Link | null {
  if (!hash.startsWith('#write?')) return null;
  const parameters = new URLSearchParams(hash.slice('#write?'.length));
  if (!['seed', 'title', 'text'].some((name) => parameters.has(name))) return null;
  const free = parameters.get('text');
  const [name, said] = free === null ? (['title', parameters.get('title')] as const) : (['freePrompt', free] as const);
  const kept = said === null ? undefined : cutTo(said, LONGEST[name]);
  const opening = { form: free === null ? 'titled' : 'free', kind: parameters.get('kind'), [name]: kept };
  const settings = readSettings(parameters, opening);
  const cut = cutText((said?.length ?? 0) - (kept?.length ?? 0), LONGEST[name]);
  const notes = [
    cut && `The text in this link is too long. ${cut}`,
    unreadText(unreadParameters(parameters, settings)),
    parameters.has(CHANGES) ? 'The text was changed after it was written: the link tells how it was at first.' : '',
  ];
  return { settings, ...readOrigin(parameters), note: notes.filter(Boolean).join(' ') };
}

/** Parameters that are none, or whose value was not taken, as they stand in the address. */
function unreadParameters(parameters: URLSearchParams, settings: TextSettings): string[] {
  const isRead = (name: string, value: string): boolean => {
    if (name in NUMBERS)
      return value.trim() === '' || settings[NUMBERS[name as keyof typeof NUMBERS]] === Number(value);
    if (name === 'policy' || name === 'kind') return settings[name] === value;
    return ['title', 'text', 'model', 'on', CHANGES].includes(name);
  };
  return [...parameters].filter(([name, value]) => !isRead(name, value)).map(([name, value]) => `${name}=${value}`);
}

/** Parameters that are named, and characters of each. */
const NAMED = { most: 3, characters: 30 };

function unreadText(unread: readonly string[]): string {
  if (unread.length === 0) return '';
  const named = unread.slice(0, NAMED.most).map((each) => cutTo(each, NAMED.characters));
  const more = unread.length > NAMED.most ? ` and ${unread.length - NAMED.most} more` : '';
  return `Part of this link could not be read: ${named.join(', ')}${more}.`;
}

/** The settings that a link's parameters say, with what they say of how the text opens. Those that do not fit are the defaults. */
export function readSettings(parameters: URLSearchParams, opening: Readonly<Record<string, unknown>>): TextSettings {
  const said: Record<string, unknown> = { ...opening, policy: parameters.get('policy') };
  for (const [name, field] of Object.entries(NUMBERS)) {
    const value = parameters.get(name)?.trim();
    if (value) said[field] = Number(value);
  }
  return textSettings(parseSettings(said));
}

/** Where the parameters say that a text comes from. */
export function readOrigin(parameters: URLSearchParams): Pick<Link, 'digest' | 'device'> {
  return {
    digest: matching(parameters.get('model'), /^[0-9a-f]{12}$/),
    device: matching(parameters.get('on'), /^[a-z0-9-]{1,80}$/),
  };
}

/** The settings of a text but for how it opens, which a conversation does not have. */
export function samplingSettings({ form, kind, title, freePrompt, ...sampling }: TextSettings) {
  return sampling;
}

/** What of the settings a text depends on. */
export function textSettings(settings: TextSettings): TextSettings {
  return Object.fromEntries(TEXT_SETTINGS.map((name) => [name, settings[name]])) as TextSettings;
}

/** `wasm`, or `webgpu-apple-metal-3`: rounding differs between devices, and now and then a word with it. */
export function deviceName({ backend, adapter }: Pick<ModelInfo, 'backend' | 'adapter'>): string {
  if (backend === 'wasm') return backend;
  const name = `${backend}-${adapter}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return name.slice(0, 80).replace(/-$/, '');
}

export function originOf(model: Pick<ModelInfo, 'digest' | 'backend' | 'adapter'>): Origin {
  return { digest: model.digest, device: deviceName(model) };
}

/** The model as the provenance of a text names it. */
export function writerOf(model: Pick<ModelInfo, 'name' | 'digest' | 'backend' | 'adapter'>) {
  return { name: model.name, ...originOf(model) };
}

/** Why a link may show another text here than where it was made; null where nothing tells. */
export function differenceOf({ digest, device }: Pick<Link, 'digest' | 'device'>, here: Origin): string | null {
  if (digest !== null && digest !== here.digest) {
    return 'This link was made with another version of the model, so the text may differ from the original.';
  }
  if (device !== null && device !== here.device) {
    return `This link was made ${placeText(device)}; here the model runs ${placeText(here.device)}, so the text may differ in places.`;
  }
  return null;
}

/** `on the CPU`, or `on a GPU (apple-metal-3)`. */
function placeText(device: string): string {
  return device === 'wasm' ? 'on the CPU' : `on a GPU (${device.replace(/^webgpu-/, '')})`;
}

function isUsed(field: keyof TextSettings, { policy }: TextSettings): boolean {
  if (field === 'steps') return policy === null || usesSteps(policy);
  if (field === 'threshold') return policy === null || policy === 'threshold';
  return field !== 'entropyBound' || policy === 'entropy';
}

function matching(text: string | null, pattern: RegExp): string | null {
  return text !== null && pattern.test(text) ? text : null;
}
