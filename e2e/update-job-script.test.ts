import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { RunningServer } from './running-server.ts'

/**
 * Sends what the Update Job page's sample sends, byte for byte: form text under a JSON header with the password in
 * Base64, then the update to `/ccs/api/v1/Jobs`; and prints what it prints. Verification of the certificate is off.
 */
const script = String.raw`
import sys, requests
from requests.packages.urllib3.exceptions import InsecureRequestWarning
requests.packages.urllib3.disable_warnings(InsecureRequestWarning)
host, port, user, password, job = sys.argv[1:]
base = "https://" + host + ":" + port + "/ccs/api/v1"
answer = requests.request("POST", base + "/oauth/tokens",
                          data="grant_type=password&username=" + user + "&password=" + password + "",
                          headers={"Content-Type": "application/json"}, verify=False)
if answer.status_code != 200:
    sys.exit("no token: %d %s" % (answer.status_code, answer.text))
tokens = answer.json()
print("bearer Token is:\n")
print(tokens["access_token"])
print("\n Refresh Token is:\n")
print(tokens["refresh_token"])
payload = "{\"JobDetails\":{\"JobDescription\": \"Update Job Description\",\"JobName\": \"Test_Job\"},\"JobID\":\"" + job + "\"}"
answer = requests.request("PATCH", base + "/Jobs", data=payload,
                          headers={"Authorization": "Bearer " + tokens["access_token"], "Content-Type": "application/json"},
                          verify=False)
print(answer.text)
print(answer.json)
print("status", answer.status_code, repr(answer.text))
`

const python = '/usr/bin/python3'

function missing(): string | false {
  try {
    execFileSync(python, ['-c', 'import requests'], { stdio: 'ignore' })
    return false
  } catch {
    return process.env['CI'] === 'true' ? false : 'python3-requests is not installed'
  }
}

test('the documented script prints a token and gets 204', { skip: missing() }, async (t) => {
  const server = await RunningServer.start()
  t.after(() => server.remove())
  const found = await server.request('GET', '/ccs/api/v1/jobs?jobname=Check+this+machine')
  const { JobID } = found.body as { JobID: string }
  const { hostname, port } = new URL(server.url)
  const password = Buffer.from(RunningServer.password).toString('base64')
  const user = String.raw`domain1\admin`
  const { stdout } = await promisify(execFile)(python, [
    '-c',
    script,
    hostname,
    port,
    user,
    password,
    JobID.toUpperCase(),
  ])
  assert.match(stdout, /^bearer Token is:\n\n[\w-]{43}\n\n Refresh Token is:\n\n[\w-]{43}\n/)
  assert.match(stdout, /status 204 ''\n$/)
  const after = await server.request('GET', `/ccs/api/v1/jobs/${JobID}`)
  const { JobName, JobDetails } = after.body as { JobName: string; JobDetails: { JobDescription: string } }
  assert.deepEqual([JobName, JobDetails.JobDescription], ['Test_Job', 'Update Job Description'])
})
