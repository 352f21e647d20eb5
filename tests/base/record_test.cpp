#include "base/record.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing.h"

using namespace gradus;
using tests::message_of;

TEST(Record, LineAndBack) {
  const Record r{"e/designs/g000/g000-001", Verdict::kNo, ".", {"0.5", "why"}};
  EXPECT_EQ(to_line(r), "e/designs/g000/g000-001\tno\t.\t0.5\twhy");
  const Record back = parse_record(to_line(r), 1);
  EXPECT_EQ(back.design, r.design);
  EXPECT_EQ(back.verdict, Verdict::kNo);
  EXPECT_EQ(back.run, ".");
  EXPECT_EQ(back.detail, r.detail);
  for (Verdict v : {Verdict::kOk, Verdict::kNo, Verdict::kSkipped, Verdict::kError, Verdict::kWaiting}) {
    EXPECT_EQ(parse_verdict(to_string(v)), v);
  }
}

TEST(Record, TabsAndNewlinesBecomeSpaces) {
  EXPECT_EQ(to_line({"a\tb", Verdict::kOk, "", {"x\ny", "", "z\r"}}), "a b\tok\t.\tx y\t.\tz ");
}

TEST(Record, BarePathIsADesign) {
  EXPECT_EQ(parse_record("e/d", 1).verdict, Verdict::kOk);
  EXPECT_EQ(parse_record("with space/d\r", 1).design, "with space/d");
  EXPECT_EQ(parse_record("e/d\tok", 1).run, ".");
}

TEST(Record, WrongLines) {
  EXPECT_EQ(message_of([] { parse_record("e/d\tyes\t.", 7); }), "standard input, line 7: 'yes' is no verdict");
  EXPECT_EQ(message_of([] { parse_record("e/d\tskiped\t.", 7); }),
            "standard input, line 7: 'skiped' is no verdict (did you mean 'skipped'?)");
  EXPECT_THROW(parse_record("\tok\t.", 1), Error);
  EXPECT_THROW(parse_record("", 1), Error);
}
