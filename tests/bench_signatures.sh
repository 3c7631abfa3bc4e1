#!/bin/sh
# Speed of signatures, as milliseconds a file and ratios of one run, beside pyHanko and pdfsig.
# Usage: sh tests/bench_signatures.sh
#   ROUNDS=20   how often each file is judged, signed, coded
#   KEEP=DIR    files stay in DIR
# A file of one page (about 1 MB) and one of a hundred pages (about 20 MB): each signed once, then coded by a seal. Ours
# and pyHanko take a file many times in one process, as a service does; pdfsig is a process for each. pyHanko writes the
# code as the face of a further signature as we do, and proves nothing.
set -eu
cd "$(dirname "$0")/.."
. samples/packages.sh
. tests/judges.sh
need_rust
need_packages build run test bench
need_judges
. tests/built.sh
judges=$(cd "$judges" && pwd)
rounds=${ROUNDS:-20}
if [ -n "${KEEP:-}" ]; then
    mkdir -p "$KEEP"
    work=$(cd "$KEEP" && pwd)
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi

# Signed files go where pyHanko's go, into memory: a disk of its own mind is no part of signing.
memory=/dev/shm
[ -d "$memory" ] || memory=$work

# A key, and files of noise that no compression makes smaller.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/root.pem" -days 800 \
    -subj "/CN=Co quan mau/O=Co quan mau" -addext "keyUsage=critical,digitalSignature,nonRepudiation" \
    -addext "basicConstraints=CA:FALSE" 2>/dev/null
openssl pkcs12 -export -inkey "$work/key.pem" -in "$work/root.pem" -out "$work/key.p12" -passout pass:mau
printf 'mau' >"$work/password"
"$judges/bin/python" - "$work" <<'PYTHON'
import os, sys
def write(path, pages, size):
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    kids = " ".join(f"{3 + 3 * n} 0 R" for n in range(pages))
    objects.append(f"<</Type/Pages/Count {pages}/Kids[{kids}]>>".encode())
    side = int((size / pages) ** 0.5)
    for n in range(pages):
        at = 3 + 3 * n
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {at + 1} 0 R/Resources<</XObject<</I {at + 2} 0 R>>>>>>".encode())
        content = b"500 0 0 700 50 40 cm /I Do"
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        picture = os.urandom(side * side)
        objects.append(b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray/Length %d>>stream\n%s\nendstream" % (side, side, len(picture), picture))
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    open(path, "wb").write(out)
write(sys.argv[1] + "/one.pdf", 1, 1 << 20)
write(sys.argv[1] + "/hundred.pdf", 100, 20 << 20)
PYTHON

cat >"$work/peer.py" <<'PYTHON'
import io, sys, time
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.stamp import TextStampStyle
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from asn1crypto import pem, x509
what, path, work, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
data = open(path, "rb").read()
_, _, der = pem.unarmor(open(work + "/root.pem", "rb").read())
signer = signers.SimpleSigner.load_pkcs12(work + "/key.p12", passphrase=b"mau")
start = time.perf_counter()
for _ in range(rounds):
    if what == "verify":
        for signature in PdfFileReader(io.BytesIO(data)).embedded_regular_signatures:
            context = ValidationContext(trust_roots=[x509.Certificate.load(der)])
            validate_pdf_signature(signature, context)
    elif what == "code":
        meta = signers.PdfSignatureMetadata(field_name="PeerCode")
        spec = fields.SigFieldSpec("PeerCode", box=(20, 800, 260, 830))
        style = TextStampStyle(stamp_text="001085012345.1.001776-KQ1.12/QD-UBND", border_width=0)
        coder = signers.PdfSigner(meta, signer=signer, stamp_style=style, new_field_spec=spec)
        coder.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), output=io.BytesIO())
    elif what == "pad":
        meta = signers.PdfSignatureMetadata(field_name="NguoiNop")
        padded = signers.PdfSigner(meta, signer=signer)
        with open(work + "/padded.pdf", "wb") as output:
            padded.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), bytes_reserved=4 << 20, output=output)
    else:
        meta = signers.PdfSignatureMetadata(field_name="PeerSignature")
        signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), meta, signer=signer, output=io.BytesIO())
print(f"{(time.perf_counter() - start) / rounds * 1000:.1f}")
PYTHON

now() { date +%s%N; }
# each MILLISECONDS-of-N-rounds: of a command that takes the file once for each round, less one that takes it once.
each() {
    begin=$(now)
    "$@" >/dev/null 2>&1 || true
    end=$(now)
    echo $(((end - begin) / 1000))
}
repeated() { n=$1; shift; while [ "$n" -gt 0 ]; do printf '%s\n' "$1"; n=$((n - 1)); done; }
# Ours: rounds + 1 files less one file, so that starting is not counted.
ours() {
    one=$(each "$@" "$file")
    # shellcheck disable=SC2046
    all=$(each "$@" "$file" $(repeated "$rounds" "$file"))
    awk "BEGIN { printf \"%.1f\", ($all - $one) / $rounds / 1000 }"
}
process() {
    begin=$(now)
    n=$rounds
    while [ "$n" -gt 0 ]; do "$@" >/dev/null 2>&1 || true; n=$((n - 1)); done
    awk "BEGIN { printf \"%.1f\", ($(now) - $begin) / $rounds / 1000000 }"
}
peer() { "$judges/bin/python" "$work/peer.py" "$1" "$file" "$work" "$rounds"; }
row() { # what, wanted, ours, peer, its milliseconds
    awk "BEGIN { printf \"  %-46s %8.1f ms (wanted %s)   %-8s %8.1f ms   %5.1f x\n\", \"$1\", $3, \"$2\", \"$4\", $5, $5 / $3 }"
}
code=001085012345.1.001776-KQ1.12/QĐ-UBND
for name in one hundred; do
    plain="$work/$name.pdf"
    "$judges/bin/pyhanko" sign addsig --field NguoiNop pkcs12 --passfile "$work/password" "$plain" \
        "$work/$name.signed.pdf" "$work/key.p12" 2>/dev/null
    "$built/sohoa" stamp --code "$code" --seal-key "$work/key.p12" --seal-password-file "$work/password" \
        "$work/$name.signed.pdf" "$work/$name.coded.pdf" >/dev/null
    echo "$name.pdf, $(($(wc -c <"$plain") / 1024)) kB:"
    wanted=30; [ "$name" = one ] || wanted=120
    file="$work/$name.signed.pdf"
    verify=$(ours "$built/sohoa" verify --trust "$work/root.pem")
    row "judge one signature" "$wanted" "$verify" pyHanko "$(peer verify)"
    row "" "$wanted" "$verify" pdfsig "$(process pdfsig "$file")"
    file="$work/$name.coded.pdf"
    verify=$(ours "$built/sohoa" verify --trust "$work/root.pem")
    row "judge two, the second one seen on page one" "$wanted + 200" "$verify" pyHanko "$(peer verify)"
    file="$work/$name.signed.pdf"
    coded=$("$built/examples/coded" --program "$built/sohoa" --trust "$work/root.pem" --key "$work/key.p12" \
        --password "$work/password" --rounds "$rounds" "$code" "$file")
    peer_ms=$(peer code)
    row "code beside a signature, proved" 50 "${coded% *}" pyHanko "$peer_ms"
    whole=$(process "$built/sohoa" stamp --code "$code" --seal-key "$work/key.p12" \
        --seal-password-file "$work/password" "$file" "$work/again.pdf")
    row "the same, with starting, reading, writing" "no limit" "$whole" pyHanko "$peer_ms"
    file="$plain"
    mkdir -p "$work/many"
    n=0
    while [ "$n" -lt "$rounds" ]; do ln -f "$plain" "$work/many/$n.pdf"; n=$((n + 1)); done
    out=$(mktemp -d -p "$memory")
    seal() { "$built/sohoa" seal --p12 "$work/key.p12" --password-file "$work/password" --out "$@"; }
    one=$(each seal "$out/one" "$work/many/0.pdf")
    all=$(each seal "$out/many" "$work"/many/*.pdf)
    sign=$(awk "BEGIN { printf \"%.1f\", ($all - $one) / ($rounds - 1) / 1000 }")
    row "sign with a local key" 60 "$sign" pyHanko "$(peer sign)"
    rm -rf "$work/many" "$out"
done
file="$work/one.pdf"
"$judges/bin/python" "$work/peer.py" pad "$file" "$work" 1 >/dev/null
file="$work/padded.pdf"
echo "padded.pdf, 2 MB of Contents:"
verify=$(ours "$built/sohoa" verify --trust "$work/root.pem")
row "judge it" 50 "$verify" pyHanko "$(peer verify)"
row "" 50 "$verify" pdfsig "$(process pdfsig "$file")"
