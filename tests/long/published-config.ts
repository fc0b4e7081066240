export { type Bd3lmConfig as PublishedConfig, bd3lmConfig as publishedConfig } from '../../bench/published-shapes';
