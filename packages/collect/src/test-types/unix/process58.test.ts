import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectFrom, denied, entity, pattern, replay } from '../testing.ts'
import { process58 } from './process58.ts'

const anyNumber = entity('pid', '0', { datatype: 'int', operation: 'greater than' })

test('a process is told as ps(1) and /proc have it', async () => {
  const session = replay(import.meta, 'debian-12')
  const { items } = await collectFrom(session, process58, [pattern('command_line', 'journald'), anyNumber])
  assert.deepEqual(items, [
    {
      command_line: '/lib/systemd/systemd-journald',
      exec_time: '00:00:00',
      pid: '17',
      ppid: '1',
      priority: '20',
      ruid: '0',
      scheduling_class: 'TS',
      start_time: '06:07:22',
      tty: '?',
      user_id: '0',
      exec_shield: '(not collected)',
      loginuid: '4294967295',
      posix_capability: [
        'CAP_CHOWN',
        'CAP_DAC_OVERRIDE',
        'CAP_DAC_READ_SEARCH',
        'CAP_FOWNER',
        'CAP_SETGID',
        'CAP_SETUID',
        'CAP_SYS_PTRACE',
        'CAP_SYS_ADMIN',
        'CAP_AUDIT_CONTROL',
      ],
      session_id: '17',
    },
  ])
})

test('a process that runs with other arguments is not found', async () => {
  const session = replay(import.meta, 'debian-12')
  assert.deepEqual((await collectFrom(session, process58, [entity('command_line', 'sshd'), anyNumber])).items, [])
})

test('arguments are parted by blanks, what cannot be printed is a dot, and a process without any goes by its command', async () => {
  const session = replay(import.meta, 'debian-12', {
    files: {
      '/proc/32/cmdline': { text: ['a\0b', 'c\u0007é\0\0'] },
      '/proc/39/cmdline': { text: [''] },
      '/proc/17/stat': { text: ['17 (left (over)) Z 1 17 17 34816 -1 0 0 0 0 0 8640000 12345 0 0 20 0 1 0 99 0 0'] },
    },
  })
  const { items } = await collectFrom(session, process58, [pattern('command_line', '.*'), anyNumber])
  assert.deepEqual(
    items.map(({ pid, command_line, exec_time, tty }) => [pid, command_line, exec_time, tty]),
    [
      ['1', '/usr/lib/systemd/systemd', '00:00:00', '?'],
      ['17', '[left (over)] <defunct>', '1-00:02:03', 'pts/0'],
      ['32', 'a b c...', '00:00:00', '?'],
      ['39', 'sshd', '00:00:00', '?'],
    ],
  )
})

test('a process that ends while we look is not there; a thread of the kernel is no process', async () => {
  const session = replay(import.meta, 'debian-12', {
    files: {
      '/proc/17/status': null,
      '/proc/32/stat': { text: ['32 (kworker/0:1) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0'] },
    },
  })
  const { items } = await collectFrom(session, process58, [pattern('command_line', '.*'), anyNumber])
  assert.deepEqual(
    items.map(({ pid }) => pid),
    ['1', '39'],
  )
})

test('where other accounts’ processes are hidden, it is an error', async () => {
  const session = replay(import.meta, 'debian-12', {
    files: {
      '/proc/self/mounts': { text: ['proc /proc proc rw,nosuid,hidepid=invisible 0 0', ''] },
      '/proc/self/status': { text: ['Uid:\t1000\t1000\t1000\t1000', ''] },
    },
  })
  const { flag, messages } = await collectFrom(session, process58, [pattern('command_line', '.*'), anyNumber])
  assert.deepEqual(
    { flag, messages },
    {
      flag: 'error',
      messages: [
        'cannot see the processes of other accounts on web-1: permission denied; grant sudo or use an account that may',
      ],
    },
  )
})

test('a /proc that cannot be read is an error', async () => {
  const session = replay(import.meta, 'debian-12', { lists: { '/proc': denied('/proc') } })
  await assert.rejects(collectFrom(session, process58, [anyNumber]), { code: 'permission-denied' })
})
