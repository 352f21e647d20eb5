#include "base/usage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/completion.h"

using namespace gradus;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr const char* kText = R"(
usage: play [options] EXP
       mpirun -n N play EXP

Plays a \ game. Then more.
Of two lines.

A second paragraph.

Reads   one thing,
        and another
Exits   0 done

Examples
  $ bin/play exp --n=3 | cut -f1
  $ bin/gradus play ~/x
)";

const std::vector<Option> kOptions = {{"scale", "NAME", "the rung: it is"},
                                      {"count", "N", "how [many]", false, 'n'},
                                      {"kind", "good|bad", "which"},
                                      {"into", "FOLDER", "where it's put"},
                                      {"plain", "", "plain text"}};

}  // namespace

TEST(Usage, Parts) {
  const Usage usage = parse_usage(kText);
  EXPECT_EQ(usage.synopsis, (std::vector<std::string>{"play [options] EXP", "mpirun -n N play EXP"}));
  EXPECT_EQ(usage.paragraphs,
            (std::vector<std::string>{"Plays a \\ game. Then more.\nOf two lines.", "A second paragraph."}));
  ASSERT_EQ(usage.labels.size(), 2u);
  EXPECT_EQ(usage.labels[0], (std::pair<std::string, std::string>("Reads", "one thing,\nand another")));
  EXPECT_EQ(usage.labels[1].second, "0 done");
  EXPECT_EQ(usage.examples, (std::vector<std::string>{"$ bin/play exp --n=3 | cut -f1", "$ bin/gradus play ~/x"}));
}

TEST(Usage, WhetherExpMayBeLeftOut) {
  const std::vector<Option> options = {{"from", "PATH", "x", true}};
  const auto wants = [&](const std::string& synopsis, const std::vector<std::string>& words) {
    return wants_experiment(parse_usage("usage: " + synopsis + "\n"), Args::parse("x", words, options));
  };
  EXPECT_TRUE(wants("x [options] EXP --stage STAGE", {}));
  EXPECT_FALSE(wants("x [options] DESIGN…", {}));
  EXPECT_FALSE(wants("x [options] [EXP]", {}));
  EXPECT_FALSE(wants("x [options]", {}));
  const std::string both = "x [options] DESIGN…\n       x --from PATH [--from PATH…] EXP";
  EXPECT_FALSE(wants(both, {}));
  EXPECT_TRUE(wants(both, {"--from", "a.py"}));
}

TEST(Usage, ManPage) {
  const std::string page = man_page("play", "", parse_usage(kText), kOptions);
  EXPECT_THAT(page, HasSubstr("\n.TH GRADUS\\-PLAY 1 "));
  EXPECT_THAT(page, HasSubstr(".SH NAME\ngradus\\-play \\- plays a \\e game\n"));
  EXPECT_THAT(page, HasSubstr(".nf\ngradus play [options] EXP\nmpirun \\-n N gradus play EXP\n"));
  EXPECT_THAT(page, HasSubstr(".PP\nA second paragraph.\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-n\\fR, \\fB\\-\\-count\\fR \\fIN\\fR\nhow [many]\n"));
  EXPECT_THAT(page, HasSubstr("$ gradus play exp \\-\\-n=3 | cut \\-f1\n$ gradus play \\(ti/x\n"));
  EXPECT_THAT(page, HasSubstr(".SH READS\n.nf\none thing,\nand another\n.fi\n"));
  EXPECT_THAT(man_page("play", "a line", parse_usage(kText), {}), HasSubstr("play \\- a line\n"));
}

TEST(Usage, LinesThatRoffWouldTakeForCommands) {
  const std::string page = man_page("x", "", parse_usage("usage: x\n\nText\n.SH not a heading\n'so neither\n"), {});
  EXPECT_THAT(page, HasSubstr("Text\n\\&.SH not a heading\n\\&'so neither\n"));
}

TEST(Usage, NextCommandsAreFilledIn) {
  const Done done{"exp/designs/g001/g001-002", "exp/designs/g001/g001-002/runs/nano-s0-lr0.333", "exp", "pico"};
  EXPECT_EQ(fill_in("evaluate DESIGN --scale SCALE", done), "evaluate exp/designs/g001/g001-002 --scale nano");
  EXPECT_EQ(fill_in("report EXP --text", done), "report exp --text");
  EXPECT_EQ(fill_in("pretrain DESIGN --scale SCALE", {"e/designs/g001/g001-002", ".", "e", ""}),
            "pretrain e/designs/g001/g001-002 --scale SCALE");
  EXPECT_EQ(fill_in("pretrain DESIGN --scale SCALE", {"e/designs/g001/g001-002", ".", "e", "pico"}),
            "pretrain e/designs/g001/g001-002 --scale pico");
  EXPECT_EQ(fill_in("prepare EXP --text FOLDER", {"", "", "exp", ""}), "prepare exp --text FOLDER");
  EXPECT_EQ(fill_in("implement --from BLOCK EXP", {"", "", "block.py", ""}), "implement --from block.py EXP");
}

TEST(Completion, HoldsTheTables) {
  const std::vector<CompletedVerb> verbs = {{"play", "it's a game: fun", option_lines(kOptions)}};
  const std::string bash = bash_completion(verbs), zsh = zsh_completion(verbs);
  EXPECT_THAT(bash, HasSubstr("play) options='--scale -n --count --kind --into --plain --config"));
  EXPECT_THAT(bash, HasSubstr("'play --kind') words='good bad' kind=words"));
  EXPECT_THAT(bash, HasSubstr("'play --into') words='' kind=folders"));
  EXPECT_THAT(bash, Not(HasSubstr("'play --plain')")));
  EXPECT_THAT(zsh, HasSubstr("'play:it'\\''s a game\\: fun'"));
  EXPECT_THAT(zsh, HasSubstr("'*--count[how \\[many\\]]:N:_files'"));
  EXPECT_THAT(zsh, HasSubstr("'*--scale[the rung\\: it is]:NAME:_files'"));
  EXPECT_THAT(zsh, HasSubstr("'*--into[where it'\\''s put]:FOLDER:_files -/'"));
  EXPECT_THAT(zsh, HasSubstr("'*--kind[which]:good|bad:(good bad)'"));
}
