import { Type } from 'typebox'

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    searchesPerMinute: Type.Integer({ default: 30, minimum: 1, description: 'Searches of all patients, per user and minute' }),
    keepSearchesDays: Type.Integer({
      default: 1095,
      minimum: 1,
      description: 'How long it is kept who searched and was shown whom'
    }),
    allowTransfer: Type.Boolean({
      default: true,
      description: 'Whether new patients may be transferred to another facility by default (PEACETIME_MODE)'
    })
  },
  { additionalProperties: false }
)
