import { fakeClock, testKernel, type Requester, type TestContext, type TestKernel } from 'care-kernel/testing'

const NOW = new Date('2024-06-12T09:30:00Z')

/** The demo district of some plugins on a fresh database, made at a set time, and a doctor who works in it. */
export async function demoDistrict(
  t: TestContext,
  plugins: readonly string[]
): Promise<{ kernel: TestKernel; doctor: Requester }> {
  const kernel = await testKernel(t, {
    plugins: ['places', 'auth-permissions', 'facilities', ...plugins],
    clock: fakeClock(NOW),
    config: { plugins: { 'auth-permissions': { passwordHash: { memoryKiB: 64, passes: 1, lanes: 1 } } } }
  })
  await kernel.ports.database?.transaction(async tx => {
    for (const { name, plugin } of kernel.plugins) await plugin.demo?.(tx, kernel.scopes.get(name) ?? {})
  })
  const { body } = await kernel.post('/api/v1/auth/login/', { username: 'demo-doctor', password: 'Care-Kernel-1' })
  const headers = { authorization: `Bearer ${(body as { access: string }).access}` }
  const { post, put, patch } = kernel
  return {
    kernel,
    doctor: {
      get: url => kernel.get(url, headers),
      post: (url, sent) => post(url, sent, headers),
      put: (url, sent) => put(url, sent, headers),
      patch: (url, sent) => patch(url, sent, headers),
      delete: (url, sent) => kernel.delete(url, sent, headers)
    }
  }
}
