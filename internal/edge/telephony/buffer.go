package telephony

import (
	"net"
	"syscall"
)

// widen asks for a receive buffer of size octets, past the system's limit where that is allowed to us, and gives what
// there is then. Calls work with any size; a small one loses messages in a burst.
func widen(c *net.UDPConn, size int) (got int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	err = raw.Control(func(fd uintptr) {
		if syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, size) != nil {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size) // what came of it is read below
		}
		got, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF) // 0 where it can't be read
	})
	if err != nil {
		return 0
	}
	return got / 2 // the kernel counts its own overhead in (socket(7))
}
