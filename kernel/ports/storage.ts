export interface StoredObject {
  readonly size: number
  readonly contentType: string
  readonly etag: string
}

export interface SignedUpload {
  readonly contentType: string
  readonly size?: number
  readonly seconds: number
}

/** Port `storage`: named buckets of objects. Gateways: `files-local`, `files-s3`. */
export interface Storage {
  put(bucket: string, key: string, content: Uint8Array, options: { contentType: string }): Promise<void>
  /** The object's bytes, or undefined when there is none. */
  get(bucket: string, key: string): Promise<Uint8Array | undefined>
  delete(bucket: string, key: string): Promise<void>
  stat(bucket: string, key: string): Promise<StoredObject | undefined>
  /** Signs without a round trip: a PUT bound to type and size, or a GET. */
  signedUrl(
    bucket: string,
    key: string,
    use: { upload: SignedUpload } | { download: { seconds: number; filename?: string } }
  ): string
  check(): Promise<void>
  close(): Promise<void>
}
