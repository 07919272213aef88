// `care-kernel/testing`: what the tests of plugins and gateways are written with.
export { fakeClock, type FakeClock } from './clock.ts'
export { databaseUrl, freshDatabase, testServer, type TestServer } from './database.ts'
export { openGateway, testDeployment, type OpenedGateway } from './open-gateway.ts'
export type { TestBroker } from './queue.ts'
export type { Answer, Requester } from './requesters.ts'
export { cacheSuite } from './suites/cache.ts'
export { databaseSuite } from './suites/database.ts'
export { emailSuite } from './suites/email.ts'
export { queueSuite } from './suites/queue.ts'
export { readMail, type ReadMail } from './suites/read-mail.ts'
export { smsSuite } from './suites/sms.ts'
export { storageSuite } from './suites/storage.ts'
export type {
  CacheSuiteOptions,
  CacheUnderTest,
  DatabaseUnderTest,
  EmailSuiteOptions,
  EmailUnderTest,
  Outage,
  QueueSuiteOptions,
  QueueUnderTest,
  SmsSuiteOptions,
  SmsUnderTest,
  StorageSuiteOptions,
  StorageUnderTest,
  UnderTest
} from './suites/under-test.ts'
export { testKernel, type TestContext, type TestKernel, type TestOptions } from './test-kernel.ts'
export type { TestUser } from './users.ts'
