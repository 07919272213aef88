import { secret, type Bucket } from 'care-kernel'
import { Type, type Static } from 'typebox'

const account = {
  region: Type.String({ default: '', description: 'Region of the store' }),
  accessKey: secret({ default: '', description: 'Empty: the keys that the machine has, such as those of its role' }),
  secretKey: secret({ default: '' }),
  endpoint: Type.String({ default: '', description: 'Address of the store; empty: Amazon' }),
  externalEndpoint: Type.String({ default: '', description: 'Its address as browsers reach it; empty: the same' })
}
const own = Type.Object(account, { default: {}, additionalProperties: false })

/** `gateways.storage` of a config with `use: files-s3`. */
export const Settings = Type.Object(
  {
    ...account,
    region: Type.String({ default: 'ap-south-1', minLength: 1, description: 'Region of the store' }),
    buckets: Type.Object(
      {
        patient: Type.String({ minLength: 1, description: 'Bucket of files about people: private' }),
        facility: Type.String({ minLength: 1, description: 'Bucket of pictures, publicly readable' })
      },
      { additionalProperties: false }
    ),
    patient: own,
    facility: own,
    encryption: Type.Union(
      ['', 'AES256', 'aws:kms'].map(name => Type.Literal(name)),
      {
        default: '',
        description: "Encryption of objects that the server writes; empty: the bucket's own rule"
      }
    ),
    publicAcl: Type.Boolean({ default: false, description: 'Pictures are written with the ACL public-read' }),
    timeoutSeconds: Type.Number({
      default: 5,
      minimum: 0.1,
      maximum: 60,
      description: 'Longest wait for one answer of the store'
    })
  },
  { additionalProperties: false }
)

export type S3Settings = Static<typeof Settings>

/** The settings of a bucket of the port, and its name in findings. */
export const SETTING_OF = { private: 'patient', public: 'facility' } as const satisfies Record<Bucket, string>

/** Address and account of a bucket. */
export interface Place {
  readonly bucket: string
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  /** Undefined for Amazon. */
  readonly endpoint: string | undefined
  /** Address of the bucket for browsers, without a trailing slash. */
  readonly address: string
}

/** The settings of a bucket, before the common ones; precedence as in the original (docs/api/gateways-jobs.md §2). */
export function placeOf(settings: S3Settings, name: Bucket): Place {
  const bucket = settings.buckets[SETTING_OF[name]]
  const mine = settings[SETTING_OF[name]]
  const region = mine.region || settings.region
  const endpoint = trimmed(mine.endpoint || settings.endpoint)
  const common = settings.externalEndpoint || settings.endpoint
  const external = trimmed(mine.externalEndpoint || (settings.endpoint ? common : endpoint || common))
  return {
    bucket,
    region,
    accessKey: mine.accessKey || settings.accessKey,
    secretKey: mine.secretKey || settings.secretKey,
    endpoint: endpoint || undefined,
    // Path style wherever an address is set, as in the original, so that both find each other's objects.
    address: external ? `${external}/${bucket}` : amazon(bucket, region)
  }
}

/** A certificate covers one label, so a bucket with dots is named in the path. */
function amazon(bucket: string, region: string): string {
  const host = `s3.${region}.amazonaws.com`
  return bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`
}

const trimmed = (address: string) => address.replace(/\/+$/, '')
