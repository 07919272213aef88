import type { Command } from 'care-kernel'
import webPush from 'web-push'

/** `care-kernel notification keys`. */
export const commands: Readonly<Record<string, Command<unknown>>> = {
  'notification keys': {
    summary: 'make a pair of keys for web push, once per deployment',
    async run(_scope, _args, _options, terminal) {
      const { publicKey, privateKey } = webPush.generateVAPIDKeys()
      terminal.print(`VAPID_PUBLIC_KEY=${publicKey}`)
      terminal.print(`VAPID_PRIVATE_KEY=${privateKey}`)
      return 0
    }
  }
}
