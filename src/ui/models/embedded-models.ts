/** A model folder that comes with the page, as the build lists it. */
export interface ListedModel {
  /** Its name under `models/`. */
  readonly folder: string;
  readonly name: string;
  /** Of all its files. */
  readonly bytes: number;
  /** As in `ModelFacts`. */
  readonly digest: string;
}

/** The same with the absolute URL of its folder, with its last slash. */
export interface EmbeddedModel extends ListedModel {
  readonly url: string;
}

/** The models that come with this page, in the order that the build gave them: the first writes at once. */
export function embeddedModels(page: Document): readonly EmbeddedModel[] {
  const list = page.querySelector<HTMLMetaElement>('meta[name="unmask-models"]')?.content ?? '[]';
  const models: readonly ListedModel[] = JSON.parse(list);
  return models.map((model) => ({ ...model, url: new URL(`models/${model.folder}/`, page.baseURI).href }));
}

/** Whether the person wants few bytes fetched. */
export function savesData(): boolean {
  // TypeScript's DOM library has neither.
  const { connection } = navigator as Navigator & { readonly connection?: { readonly saveData?: boolean } };
  return connection?.saveData === true || matchMedia('(prefers-reduced-data: reduce)').matches;
}
