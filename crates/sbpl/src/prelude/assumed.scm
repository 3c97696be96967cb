; Not of the language: what most profiles, or the tools that put them together, define for
; themselves. Taken so, with a warning, where a piece of a profile stands alone.
(define (home-literal . paths) (apply literal (map %under-home paths)))
(define (home-prefix . paths) (apply prefix (map %under-home paths)))
(define (home-subpath . paths) (apply subpath (map %under-home paths)))
(define (home-regex . expressions)
  (apply regex
         (map (lambda (expression)
                (string-append "^" (regex-quote (%home)) expression))
              expressions)))
(define (regex-home . expressions) (apply home-regex expressions))
(define (entitlement name) (let ((found (assoc name *entitlements*))) (if found (cdr found) #f)))
(define (uuid-regex-string)
  (let ((some (lambda (count) (apply string-append (map (lambda (x) "[0-9A-F]") count)))))
    (string-append (some '(1 2 3 4 5 6 7 8)) "-" (some '(1 2 3 4)) "-" (some '(1 2 3 4)) "-"
                   (some '(1 2 3 4)) "-" (some '(1 2 3 4 5 6 7 8 9 10 11 12)))))
(define (subpath-prefix . paths) (apply prefix paths))
(define (%under-home path) (string-append (%home) path))
(define (%home) (or (param "_HOME") (param "HOME_DIR") (param "HOME")))
