/*
 * libpq, loaded when it is needed (base/library.h), for connection.c and database.c, its users.
 *
 * PQclear() and its like below are libpq's own functions, with the prototypes of libpq-fe.h, to be
 * called once libpq_load() has succeeded. One more of them takes a line in each of the two lists:
 * the compiler complains when it is missing in the first, the linker when in the second.
 */
#ifndef SYNCSCHED_STORE_LIBPQ_H
#define SYNCSCHED_STORE_LIBPQ_H

#include "base/error.h"

#include <libpq-fe.h>

/* Loads libpq, unless it is loaded. ERROR_INTERNAL when that fails. */
bool libpq_load(struct error *err);

#define LIBPQ_FUNCTIONS(F)                                                                         \
    F(clear)                                                                                       \
    F(connectPoll)                                                                                 \
    F(connectStartParams)                                                                          \
    F(conninfo)                                                                                    \
    F(conninfoFree)                                                                                \
    F(conninfoParse)                                                                               \
    F(consumeInput)                                                                                \
    F(enterPipelineMode)                                                                           \
    F(errorMessage)                                                                                \
    F(finish)                                                                                      \
    F(flush)                                                                                       \
    F(freemem)                                                                                     \
    F(getResult)                                                                                   \
    F(getisnull)                                                                                   \
    F(getvalue)                                                                                    \
    F(gssEncInUse)                                                                                 \
    F(host)                                                                                        \
    F(hostaddr)                                                                                    \
    F(isBusy)                                                                                      \
    F(ntuples)                                                                                     \
    F(pass)                                                                                        \
    F(pipelineSync)                                                                                \
    F(resultErrorField)                                                                            \
    F(resultStatus)                                                                                \
    F(sendQueryParams)                                                                             \
    F(setNoticeReceiver)                                                                           \
    F(setSingleRowMode)                                                                            \
    F(setnonblocking)                                                                              \
    F(socket)                                                                                      \
    F(sslInUse)                                                                                    \
    F(status)                                                                                      \
    F(transactionStatus)

#define LIBPQ_POINTER(name) __typeof__(PQ##name) *name;

extern struct libpq {
    LIBPQ_FUNCTIONS(LIBPQ_POINTER)
} libpq;

#define PQclear              libpq.clear
#define PQconnectPoll        libpq.connectPoll
#define PQconnectStartParams libpq.connectStartParams
#define PQconninfo           libpq.conninfo
#define PQconninfoFree       libpq.conninfoFree
#define PQconninfoParse      libpq.conninfoParse
#define PQconsumeInput       libpq.consumeInput
#define PQenterPipelineMode  libpq.enterPipelineMode
#define PQerrorMessage       libpq.errorMessage
#define PQfinish             libpq.finish
#define PQflush              libpq.flush
#define PQfreemem            libpq.freemem
#define PQgetResult          libpq.getResult
#define PQgetisnull          libpq.getisnull
#define PQgetvalue           libpq.getvalue
#define PQgssEncInUse        libpq.gssEncInUse
#define PQhost               libpq.host
#define PQhostaddr           libpq.hostaddr
#define PQisBusy             libpq.isBusy
#define PQntuples            libpq.ntuples
#define PQpass               libpq.pass
#define PQpipelineSync       libpq.pipelineSync
#define PQresultErrorField   libpq.resultErrorField
#define PQresultStatus       libpq.resultStatus
#define PQsendQueryParams    libpq.sendQueryParams
#define PQsetNoticeReceiver  libpq.setNoticeReceiver
#define PQsetSingleRowMode   libpq.setSingleRowMode
#define PQsetnonblocking     libpq.setnonblocking
#define PQsocket             libpq.socket
#define PQsslInUse           libpq.sslInUse
#define PQstatus             libpq.status
#define PQtransactionStatus  libpq.transactionStatus

#endif
