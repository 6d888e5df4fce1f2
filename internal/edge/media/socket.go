package media

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	receiveBuffer = 256 << 10 // octets of a socket's receive buffer: 1.3 s of 60 calls' worth, so a stall loses nothing
	dscpEF        = 46 << 2   // expedited forwarding (RFC 3246) as TOS octet
)

// A socket is one bound UDP port. Its descriptor is closed only by the worker that reads it, or after the workers ended.
type socket struct {
	fd   int
	port uint16
	rtcp bool
	leg  atomic.Pointer[leg] // nil while the port rests: what comes is drained
}

// listen binds port of addr, not blocking, marked for expedited forwarding.
func listen(addr netip.Addr, port uint16) (*socket, error) {
	family := unix.AF_INET
	if addr.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open RTP socket: %w", err)
	}
	// A kernel that grants less, or knows no DSCP, still carries the call.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, dscpEF)
	if family == unix.AF_INET6 {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, dscpEF)
	}
	if err := unix.Bind(fd, bindAddress(addr, port)); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind RTP port %s: %w", netip.AddrPortFrom(addr, port), err)
	}
	return &socket{fd: fd, port: port}, nil
}

func bindAddress(addr netip.Addr, port uint16) unix.Sockaddr {
	if addr.Is6() {
		return &unix.SockaddrInet6{Port: int(port), Addr: addr.As16()}
	}
	return &unix.SockaddrInet4{Port: int(port), Addr: addr.As4()}
}

// An endpoint is a UDP address as the kernel reads and writes it, so that no packet costs an allocation.
type endpoint struct {
	raw  unix.RawSockaddrInet6 // holds an IPv4 address as well
	size uint32
}

// set fills e with a for a socket of the given family.
func (e *endpoint) set(a netip.AddrPort, v6 bool) {
	port := (*[2]byte)(unsafe.Pointer(&e.raw.Port)) // at the same place in both forms
	binary.BigEndian.PutUint16(port[:], a.Port())
	if v6 {
		e.raw.Family, e.raw.Addr, e.size = unix.AF_INET6, a.Addr().As16(), unix.SizeofSockaddrInet6
		return
	}
	r := (*unix.RawSockaddrInet4)(unsafe.Pointer(&e.raw))
	r.Family, r.Addr, e.size = unix.AF_INET, a.Addr().Unmap().As4(), unix.SizeofSockaddrInet4
}

func (e *endpoint) addrPort() netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&e.raw.Port))
	p := binary.BigEndian.Uint16(port[:])
	if e.raw.Family == unix.AF_INET6 {
		return netip.AddrPortFrom(netip.AddrFrom16(e.raw.Addr).Unmap(), p)
	}
	return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(&e.raw)).Addr), p)
}

// receive reads one datagram. The raw form of the call is taken because it never blocks (MSG_DONTWAIT):
// telling the scheduler of each of them would let it take the worker's processor away.
func (s *socket) receive(b []byte, from *endpoint) (int, unix.Errno) {
	from.size = unix.SizeofSockaddrInet6
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&from.raw)), uintptr(unsafe.Pointer(&from.size)))
	return int(n), errno
}

// send writes one datagram, or drops it when the kernel has no room.
func (s *socket) send(b []byte, to *endpoint) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&to.raw)), uintptr(to.size))
	return errno
}
