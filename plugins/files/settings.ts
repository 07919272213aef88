import { Type } from 'typebox'

/** Default of `allowedTypes` (docs/api/gateways-jobs.md §1.1). */
const TYPES = [
  ...['jpeg', 'png', 'gif', 'bmp', 'webp', 'svg+xml'].map(name => `image/${name}`),
  ...['mp4', 'mpeg', 'x-msvideo', 'quicktime', 'x-ms-wmv', 'x-flv', 'webm'].map(name => `video/${name}`),
  ...['mpeg', 'wav', 'aac', 'ogg', 'midi', 'x-midi', 'webm', 'mp4'].map(name => `audio/${name}`),
  'text/plain',
  'text/csv',
  'application/rtf',
  'application/msword',
  'application/vnd.oasis.opendocument.text',
  'application/pdf',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.oasis.opendocument.spreadsheet'
]

/** `plugins.files` of a config. */
export const Settings = Type.Object(
  {
    allowedTypes: Type.Array(Type.String(), { default: TYPES, description: 'Types that may be uploaded, exactly' }),
    maxMegabytes: Type.Integer({ default: 100, minimum: 1, description: 'Largest file' }),
    uploadSeconds: Type.Integer({ default: 900, minimum: 30, description: 'Lifetime of an address to upload to' }),
    abandonedDays: Type.Integer({
      default: 7,
      minimum: 1,
      description: 'After how long an upload that was never made is deleted'
    }),
    downloadSeconds: Type.Integer({ default: 3600, minimum: 30, description: 'Lifetime of an address to read from' })
  },
  { additionalProperties: false }
)
