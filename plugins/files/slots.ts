import type { Storage } from 'care-kernel'
import { quote } from 'care-kernel/rest'
import { FILES_OF_CONSENT } from './outputs.ts'
import type { FileScope } from './services.ts'

/** SQL of the address of the picture that a column names; null without one. */
const addressSql = (column: string, { publicAddress }: Storage): string =>
  `case when ${column} <> '' then ${quote(`${publicAddress}/`)} || ${column} end`

/** SQL for slots of other plugins. */
export const fills = {
  'auth-permissions/user': {
    read_profile_picture_url: ({ storage }: FileScope) => addressSql('u.profile_picture_url', storage)
  },
  'facilities/facility': { read_cover_image_url: ({ storage }: FileScope) => addressSql('f.cover_image_url', storage) },
  'consultations/consent': { files: FILES_OF_CONSENT }
} as const
