#!/bin/sh
# Makes the certificates and keys of the TLS tests anew, in this folder.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/stock.cnf" <<'EOF'
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = host
O = host
OU = host
C = US
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyCertSign, cRLSign
extendedKeyUsage = serverAuth, clientAuth, codeSigning, emailProtection, ipsecEndSystem, ipsecTunnel, ipsecUser, timeStamping, OCSPSigning
subjectKeyIdentifier = none
authorityKeyIdentifier = none
EOF

der_key() { # name: writes name.key.der (PKCS#8) from $work/name.pem
    openssl pkcs8 -topk8 -nocrypt -in "$work/$1.pem" -outform DER -out "$1.key.der"
}

openssl genrsa -out "$work/stock-shape.pem" 2048
openssl req -x509 -new -key "$work/stock-shape.pem" -sha256 -set_serial 0 -days 4056 \
    -config "$work/stock.cnf" -outform DER -out stock-shape.der
der_key stock-shape
openssl rsa -in "$work/stock-shape.pem" -traditional -outform DER -out stock-shape.pkcs1.der

openssl genrsa -out "$work/version-1.pem" 2048
openssl req -new -key "$work/version-1.pem" -subj "/CN=version-1" -out "$work/version-1.csr"
openssl x509 -req -in "$work/version-1.csr" -key "$work/version-1.pem" -sha256 -days 4056 \
    -outform DER -out version-1.der
der_key version-1

openssl ecparam -name prime256v1 -genkey -noout -out "$work/p256.pem"
openssl req -x509 -new -key "$work/p256.pem" -sha256 -days 4056 -subj "/CN=p256" -outform DER -out p256.der
der_key p256
openssl ec -in "$work/p256.pem" -outform DER -out p256.sec1.der
