/**
 * The linear layers of real models as matmul shapes: K is what a projection takes in, N what it puts out.
 * Values are those of each model's published config.json (openai-community/gpt2, Qwen/Qwen2.5-0.5B,
 * meta-llama/Llama-3.1-8B). Projections of equal shape are one entry: k and v, gate and up, q and o.
 */
export interface Projection {
  readonly name: string;
  readonly k: number;
  readonly n: number;
}

interface GroupedQueryConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
}

/** Qwen2 and Llama: separate q, k, v and o, and a gated MLP; the head dimension is hidden_size / num_attention_heads. */
function groupedQuery(config: GroupedQueryConfig): readonly Projection[] {
  const { hidden_size: hidden, intermediate_size: inner } = config;
  const keyValue = (hidden / config.num_attention_heads) * config.num_key_value_heads;
  return [
    { name: 'q+o', k: hidden, n: hidden },
    { name: 'k+v', k: hidden, n: keyValue },
    { name: 'gate+up', k: hidden, n: inner },
    { name: 'down', k: inner, n: hidden },
  ];
}

/** GPT-2: q, k and v fused in one projection; n_inner is null in the configuration, which means 4 n_embd. */
function fusedQkv({ n_embd: hidden }: { readonly n_embd: number }): readonly Projection[] {
  return [
    { name: 'qkv', k: hidden, n: 3 * hidden },
    { name: 'o', k: hidden, n: hidden },
    { name: 'up', k: hidden, n: 4 * hidden },
    { name: 'down', k: 4 * hidden, n: hidden },
  ];
}

export const MODELS = {
  gpt2: fusedQkv({ n_embd: 768 }),
  'qwen2.5-0.5b': groupedQuery({
    hidden_size: 896,
    intermediate_size: 4864,
    num_attention_heads: 14,
    num_key_value_heads: 2,
  }),
  'llama3.1-8b': groupedQuery({
    hidden_size: 4096,
    intermediate_size: 14336,
    num_attention_heads: 32,
    num_key_value_heads: 8,
  }),
} as const satisfies Record<string, readonly Projection[]>;

/** Rows of activations: one decoded token, and two prompt lengths. */
export const TOKENS = [1, 128, 512] as const;

export const SQUARES = [256, 512, 1024, 2048, 4096] as const;
