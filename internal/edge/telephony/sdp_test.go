package telephony

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"commusafe/internal/audio"
)

// hikari is an offer as home gateways send it: PCMU only, keys in band.
const hikari = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\na=ptime:20\r\n"

func TestDescriptionsSeenInTheField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sdp   string
		want  description
		wish  direction
		fails error
	}{
		"a home gateway": {sdp: hikari, wish: sendrecv,
			want: description{addr: ap("192.0.2.1:5004"), codecs: []audio.Codec{audio.PCMU}, dir: sendrecv}},
		"lines end in LF, the media has its own address": {
			sdp:  "v=0\no=- 1 1 IN IP4 a\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 5004 RTP/AVP 8 0 18 101\nc=IN IP4 192.0.2.2\na=rtpmap:101 telephone-event/8000\na=sendonly\n",
			want: description{addr: ap("192.0.2.2:5004"), codecs: []audio.Codec{audio.PCMA, audio.PCMU}, dtmf: 101, dir: sendonly}, wish: sendonly},
		"direction for the whole session": {
			sdp:  "v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\na=inactive\r\nm=audio 5004 RTP/AVP 0\r\n",
			want: description{addr: ap("[2001:db8::1]:5004"), codecs: []audio.Codec{audio.PCMU}, dir: inactive}, wish: inactive},
		"the old hold": {sdp: strings.Replace(hikari, "c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0", 1), wish: sendonly,
			want: description{addr: ap("0.0.0.0:5004"), codecs: []audio.Codec{audio.PCMU}, dir: sendrecv}},
		"audio refused": {sdp: strings.Replace(hikari, "5004", "0", 1), wish: inactive,
			want: description{addr: ap("192.0.2.1:0"), codecs: []audio.Codec{audio.PCMU}, dir: sendrecv}},
		"video and a second audio": {
			sdp: "v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=video 6000 RTP/AVP 96\r\na=recvonly\r\nm=audio 5004/1 RTP/AVP 0\r\nm=audio 5006 RTP/SAVP 0\r\na=inactive\r\n",
			want: description{addr: ap("192.0.2.1:5004"), codecs: []audio.Codec{audio.PCMU}, dir: sendrecv,
				before: []string{"video 0 RTP/AVP 96"}, after: []string{"audio 0 RTP/SAVP 0"}}, wish: sendrecv},
		"telephone-event that is not in the list": {sdp: hikari + "a=rtpmap:101 telephone-event/8000\r\n", wish: sendrecv,
			want: description{addr: ap("192.0.2.1:5004"), codecs: []audio.Codec{audio.PCMU}, dir: sendrecv}},
		"only G.729":       {sdp: strings.Replace(hikari, "AVP 0", "AVP 18", 1), fails: errNoCommon},
		"only SRTP":        {sdp: strings.Replace(hikari, "RTP/AVP", "RTP/SAVP", 1), fails: errNoAudio},
		"no audio":         {sdp: "v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\n", fails: errNoAudio},
		"no address":       {sdp: "v=0\r\nm=audio 5004 RTP/AVP 0\r\n", fails: errSDP},
		"a name":           {sdp: strings.Replace(hikari, "c=IN IP4 192.0.2.1", "c=IN IP4 host.example", 1), fails: errSDP},
		"a port too large": {sdp: strings.Replace(hikari, "5004", "70000", 1), fails: errSDP},
		"no description":   {sdp: "hello", fails: errSDP},
		"empty":            {sdp: "", fails: errSDP},
		"too long":         {sdp: hikari + strings.Repeat("a=x\r\n", 10000), fails: errSDP},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseSDP([]byte(c.sdp))
			if !errors.Is(err, c.fails) {
				t.Fatalf("error %v, want %v", err, c.fails)
			}
			if c.fails != nil {
				return
			}
			if !reflect.DeepEqual(got, c.want) || got.wish() != c.wish {
				t.Errorf("got %+v wish %s, want %+v wish %s", got, got.wish(), c.want, c.wish)
			}
		})
	}
}

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestAnAnswerRefusesOtherMediaInTheirPlace(t *testing.T) {
	t.Parallel()
	offer, err := parseSDP([]byte("v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 6000 RTP/AVP 96\r\nm=audio 5004 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\nm=image 7 udptl t38\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := string(offer.answer(ap("192.0.2.9:20000"), audio.PCMA, recvonly).print(7, 3))
	want := "v=0\r\no=commusafe 7 3 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n" +
		"m=audio 20000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=recvonly\r\nm=image 0 udptl t38\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDirections(t *testing.T) {
	t.Parallel()
	for d, want := range map[direction]direction{sendrecv: sendrecv, inactive: inactive, sendonly: recvonly, recvonly: sendonly} {
		if got := d.reversed(); got != want {
			t.Errorf("%s reversed is %s", d, got)
		}
	}
	for _, c := range []struct{ x, y, want direction }{ // x wants, y does, we toward x
		{sendrecv, sendrecv, sendrecv}, {sendonly, recvonly, recvonly}, {sendonly, inactive, inactive},
		{sendrecv, sendonly, sendonly}, {inactive, inactive, inactive}, {recvonly, sendonly, sendonly},
	} {
		if got := between(c.x, c.y); got != c.want {
			t.Errorf("between %s and %s: %s, want %s", c.x, c.y, got, c.want)
		}
	}
}

func FuzzSDP(f *testing.F) {
	f.Add(hikari)
	f.Add("v=0\nc=IN IP6 ::\nm=video 1 x y\nm=audio 1 RTP/AVP 8 0 97\na=rtpmap:97 telephone-event/8000\na=recvonly\nm=a b c d")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseSDP([]byte(s))
		if err != nil {
			return
		}
		again, err := parseSDP(d.print(1, 1))
		if err != nil || !reflect.DeepEqual(again, d) {
			t.Errorf("%+v printed and parsed again is %+v (%v)\n%s", d, again, err, d.print(1, 1))
		}
	})
}
