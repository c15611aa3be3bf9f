#pragma once

#include "error.h"

#include <atomic>
#include <cmath>
#include <cstdio>

// Checks that hold in every build type. A failed one is printed and makes the executable fail, the test goes on.

inline std::atomic<int> g_failures{ 0 };

inline void report_failure(const char * file, int line, const std::string & what) {
    ++g_failures;
    fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

inline int test_result() {
    if (g_failures > 0) {
        fprintf(stderr, "%d checks failed\n", g_failures.load());
    }
    return g_failures == 0 ? 0 : 1;
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
