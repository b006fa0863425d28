package awsapi

import (
	"net/http"
	"slices"
	"time"
)

// skewed are the codes with which AWS answers a signature that is too old or from
// the future.
var skewed = []string{"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"}

// maxSkew is how far a clock may be off before AWS refuses its signatures.
const maxSkew = 4 * time.Minute

// learnTime takes over the time of a service that refused ours: a machine whose
// clock is wrong can still sign.
func (c *Caller) learnTime(refused *Error, answer *http.Response) {
	if !slices.Contains(skewed, refused.Code) {
		return
	}
	theirs, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return
	}
	// What was signed counts: our clock may have been set right meanwhile.
	skew := time.Until(theirs)
	if off := skew - time.Duration(c.skew.Load()); off.Abs() > maxSkew {
		refused.clock = true
		c.skew.Store(int64(skew))
	}
}
