#pragma once

#include "error.h"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <string>

// Checks that hold in every build type. A failed one makes the executable fail, the test goes on. The first failures are
// printed, behind what the test says that it is checking; the others are counted.

// Exit status of a test that has nothing to run on.
static const int SKIPPED = 77;

static const int MOST_PRINTED_FAILURES = 20;

inline std::atomic<int> g_failures{ 0 };
inline thread_local std::string g_checking; // for example the kernel, the weight format and the shape

inline void report_failure(const char * file, int line, const std::string & what) {
    if (++g_failures <= MOST_PRINTED_FAILURES) {
        fprintf(
            stderr, "%s:%d: %s%s%s\n", file, line, g_checking.c_str(), g_checking.empty() ? "" : ": ", what.c_str());
    }
}

inline int test_result() {
    const int n = g_failures;
    if (n > 0) {
        fprintf(stderr, "%d checks failed%s\n", n, n > MOST_PRINTED_FAILURES ? "; the first are above" : "");
    }
    return n == 0 ? 0 : 1;
}

#define CHECK(expression) ((expression) ? (void) 0 : report_failure(__FILE__, __LINE__, "failed: " #expression))

// value <= limit, and a number
#define CHECK_AT_MOST(value, limit) check_at_most(value, limit, __FILE__, __LINE__, #value " <= " #limit)

// the expression throws a vaner_error of this status, with a message
#define CHECK_THROWS(expected, expression)                                                                             \
    check_throws(                                                                                                      \
        expected, [&] { (void) (expression); }, __FILE__, __LINE__, #expression)

inline void check_at_most(double value, double limit, const char * file, int line, const char * text) {
    if (!(value <= limit)) {
        report_failure(file, line, vaner_format("failed: %s (%g, %g)", text, value, limit));
    }
}

template <typename function>
std::string check_throws(vaner_status expected, function f, const char * file, int line, const char * text) {
    try {
        f();
        report_failure(file, line, vaner_format("%s: threw nothing, expected %s", text, vaner_status_code(expected)));
    } catch (const vaner_error & e) {
        if (e.status != expected || std::string(e.what()).empty()) {
            report_failure(file, line,
                vaner_format("%s: threw %s '%s', expected %s", text, vaner_status_code(e.status), e.what(),
                    vaner_status_code(expected)));
        }
        return e.what();
    } catch (const std::exception & e) {
        report_failure(file, line, vaner_format("%s: threw '%s', not a vaner_error", text, e.what()));
    }
    return "";
}
