; what spec.rss asks of keys, quantifier-free form
; bit 0 of a key, the first on the wire, is the most significant of its vector
(set-info :smt-lib-version 2.6)
(set-logic QF_BV)
(declare-fun key_A () (_ BitVec 416))
; customer (spec.rss:2:1)
(assert (= ((_ extract 384 289) key_A) #b000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000))
; A: ipv4-tcp does not meet as a whole
(assert (not (= ((_ extract 392 289) key_A) #b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000)))
(check-sat)
