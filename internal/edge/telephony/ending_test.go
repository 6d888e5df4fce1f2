package telephony

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"commusafe/internal/edge/telephony/phonetest"
)

// TestRequestsThatComeWhileTheServerStopsLeaveNothingOpen: sipgo reads a request in one goroutine and works on it in
// another, which may come to it only when all sockets are closed; it then opens one of its own to answer from.
func TestRequestsThatComeWhileTheServerStopsLeaveNothingOpen(t *testing.T) {
	before := goleak.IgnoreCurrent()
	for round := range 30 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			d := openDesk(t, setting{})
			for n := range 300 {
				d.carrier.Send(d.addr, fmt.Sprintf("OPTIONS sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bK%[3]s;rport\r\nMax-Forwards: 70\r\n"+
					"From: <sip:carrier@%[2]s>;tag=a\r\nTo: <sip:%[1]s>\r\nCall-ID: %[3]s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
					d.addr, d.carrier.Addr(), phonetest.Token()))
				if n == 250 {
					d.stop()
				}
			}
			<-d.done
		})
	}
	goleak.VerifyNone(t, before)
}
