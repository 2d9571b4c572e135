import { TransportError } from '../errors.ts'
import { parseIpAddress, type NetworkInterface } from '../parsers/ip-address.ts'
import type { Session } from '../session.ts'

/** Network interfaces that have an IP address, by ip(8), or by the kernel's own answers where only perl is there to ask. */
export function readIpAddresses(session: Session): Promise<NetworkInterface[]> {
  return session.once('network interfaces', async () => {
    try {
      return await ask(session, ['ip', 'address', 'show'])
    } catch (error) {
      if (!isMissing(error)) throw error
      // Debian's smallest systems have no ip, and always perl. Where there is neither, ip is what to install.
      return ask(session, ['perl', '-e', askKernel]).catch((second: unknown) => {
        throw isMissing(second) ? error : second
      })
    }
  })
}

const isMissing = (error: unknown): boolean => error instanceof TransportError && error.code === 'command-not-found'

async function ask(session: Session, command: readonly [string, ...string[]]): Promise<NetworkInterface[]> {
  const { exitStatus, stdout, stderr } = await session.run([...command])
  if (exitStatus === 0) return parseIpAddress(new TextDecoder().decode(stdout))
  const tool = command[0] === 'ip' ? 'ip address show' : command[0]
  throw new TransportError('command-failed', `${tool} failed on ${session.asset}: ${stderr.trim().slice(0, 200)}`)
}

/**
 * Prints the same lines as ip(8), of what netdevice(7) tells: SIOCGIFCONF has the addresses of IPv4, SIOCGIFFLAGS,
 * SIOCGIFNETMASK, SIOCGIFBRDADDR and SIOCGIFHWADDR the rest, and a file of /proc those of IPv6. They need no privilege.
 */
const askKernel = String.raw`
use Socket qw(AF_INET AF_INET6 SOCK_DGRAM inet_aton inet_ntoa inet_ntop);
socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
my @flags = qw(UP BROADCAST DEBUG LOOPBACK POINTOPOINT NOTRAILERS RUNNING NOARP PROMISC ALLMULTI MASTER SLAVE MULTICAST PORTSEL AUTOMEDIA DYNAMIC);
my %types = (1 => "ether", 512 => "ppp", 772 => "loopback", 774 => "fddi");
sub ask { my ($request, $name, $address) = @_; my $answer = pack "a16 a16 x8", $name, $address // ""; ioctl($socket, $request, $answer) ? substr($answer, 16) : undef }
sub quad { my $answer = ask(@_); defined $answer ? inet_ntoa(substr $answer, 4, 4) : "0.0.0.0" }
my (%addresses, @names);
sub of { my $name = shift; push @names, $name unless $addresses{$name}; $addresses{$name} ||= [] }
my $size = length(pack "P", "x") == 8 ? 40 : 32;
my $buffer = "\0" x (1024 * $size);
my $list = pack "i x![p] p", length $buffer, $buffer;
ioctl($socket, 0x8912, $list) or die "SIOCGIFCONF: $!\n";
for (my $at = 0; $at < unpack "i", $list; $at += $size) {
  my $label = unpack "Z16", substr $buffer, $at, 16;
  my $address = substr $buffer, $at + 16, 16; # of several with one label the one that is meant
  my $length = unpack "%32b*", inet_aton quad(0x891b, $label, $address);
  my $broadcast = quad(0x8919, $label, $address);
  (my $name = $label) =~ s/:.*//;
  push @{of($name)}, "inet " . inet_ntoa(substr $address, 4, 4) . "/$length" . ($broadcast eq "0.0.0.0" ? "" : " brd $broadcast") . " $label";
}
if (open my $file, "<", "/proc/net/if_inet6") {
  while (<$file>) {
    my ($address, undef, $length, undef, undef, $name) = split;
    push @{of($name)}, "inet6 " . inet_ntop(AF_INET6, pack "H*", $address) . "/" . hex $length;
  }
}
my $number = 0;
for my $name (@names) {
  my $bits = unpack "S", ask(0x8913, $name) // "\0\0";
  my @set = map { $bits >> $_ & 1 ? $flags[$_] : () } 0 .. $#flags;
  push @set, "NO-CARRIER" if $bits & 1 and not $bits & 64;
  my ($type, $hardware) = unpack "S H12", ask(0x8927, $name) // "\0" x 8;
  print ++$number, ": $name: <", join(",", @set), ">\nlink/", $types{$type} // $type, " ", join(":", $hardware =~ /../g), "\n";
  print "$_\n" for @{$addresses{$name}};
}`
