#include "base/digest.h"

#include "base/memory.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct digest {
    EVP_MD_CTX *state;
};

struct digest *digest_open(void)
{
    struct digest *digest = memory_allocate(1, sizeof *digest);

    digest->state = memory_or_exit(EVP_MD_CTX_new());
    (void)memory_or_exit(EVP_DigestInit_ex(digest->state, EVP_sha256(), NULL) == 1 ? digest : NULL);
    return digest;
}

void digest_add(struct digest *digest, const char *bytes, size_t length)
{
    (void)EVP_DigestUpdate(digest->state, bytes, length);
}

void digest_format(struct digest *digest, char text[DIGEST_TEXT_SIZE])
{
    unsigned char bytes[EVP_MAX_MD_SIZE] = {0};

    (void)EVP_DigestFinal_ex(digest->state, bytes, NULL);
    for (size_t i = 0; i < DIGEST_TEXT_SIZE / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

void digest_close(struct digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->state);
    free(digest);
}
