/** `private`: objects that are read by signed addresses only. `public`: objects that are readable without a signature. */
export type Bucket = 'private' | 'public'

/** What the store says about an object. */
export interface StoredObject {
  readonly size: number
  readonly contentType: string
  /** Changes with every writing of the key. */
  readonly etag: string
  /** Names these bytes for good, where the store keeps versions: a later writing of the key does not change what it names. */
  readonly version?: string
}

/** What a signed address allows: to write one object once, exactly this type, exactly this many bytes where `size` is given. */
export interface SignedUpload {
  readonly contentType: string
  readonly size?: number
  readonly seconds: number
}

/** What a signed address allows: to read one object. */
export interface SignedDownload {
  readonly seconds: number
  /** Only these bytes, where the store keeps versions. */
  readonly version?: string
  /** Content type of the response, whatever was stored. */
  readonly contentType?: string
  /** Shown by the browser or saved; `inline` by default. */
  readonly disposition?: 'inline' | 'attachment'
}

/** A part of an object: of these bytes only, and of this version where the store keeps any. */
export interface Part {
  /** That many bytes from the beginning. */
  readonly first?: number
  readonly version?: string
}

/**
 * Port `storage`: objects under keys of `/`-separated names of letters, digits, `.`, `_` and `-`. Everything but `signedUrl` rejects within
 * seconds while the store is away. Gateways: `files-local`, `files-s3`.
 */
export interface Storage {
  /** Where the bucket `public` is read: `https://host/bucket`, to be followed by `/` and a key. */
  readonly publicAddress: string
  /** Writes the whole object or nothing. */
  put(bucket: Bucket, key: string, content: Uint8Array, options: { readonly contentType: string }): Promise<void>
  /** The bytes, or undefined when there are none. */
  get(bucket: Bucket, key: string, part?: Part): Promise<Uint8Array | undefined>
  /** Resolves also when there is no such object. */
  delete(bucket: Bucket, key: string): Promise<void>
  stat(bucket: Bucket, key: string): Promise<StoredObject | undefined>
  /** A signed address that any client may use until it expires: for a PUT of the bytes, or a GET. No round trip, microseconds. Its path ends with the key. */
  signedUrl(bucket: Bucket, key: string, use: { readonly upload: SignedUpload } | { readonly download: SignedDownload }): string
  check(): Promise<void>
  close(): Promise<void>
}

const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$/

/** Throws TypeError for a key a gateway must not touch: it could leave its bucket, or mean another one elsewhere. */
export function requireKey(key: string): void {
  if (key.length > 1000 || !key.split('/').every(name => NAME.test(name))) throw new TypeError('not a key of a stored object')
}
