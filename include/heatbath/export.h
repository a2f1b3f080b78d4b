/* What every public header needs: visibility, must-use, and C linkage. */
#ifndef HEATBATH_EXPORT_H
#define HEATBATH_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HEAT_BEGIN_DECLS extern "C" {
#define HEAT_END_DECLS }
#else
#define HEAT_BEGIN_DECLS
#define HEAT_END_DECLS
#endif

#if defined(__GNUC__)
#define HEAT_API __attribute__((visibility("default")))
#define HEAT_MUST_USE __attribute__((warn_unused_result))
#define HEAT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define HEAT_API
#define HEAT_MUST_USE
#define HEAT_PRINTF(text, first)
#endif

#endif
