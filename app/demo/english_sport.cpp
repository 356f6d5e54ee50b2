// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_rules.h"

namespace featurescope::demo {

const std::string_view kSportRules = R"(
club_end = United | City | Rovers | Town | Athletic
club = {town_name} {club_end} | {city} {club_end}
goals = {number 0 5}

season_article =
  {team=club}{year=number 1920 2015}{coach=surname}{star=surname}{starname=male_name}{league=country}= {year} {team} season =\n\n{season_opening} {season_before}\n\n== Season ==\n\n{season_event} {season_event} {season_event} {season_event}\n\n== Results ==\n\n{result_line}\n{result_line}\n{result_line}\n{result_line}\n\n{season_end}\n
season_opening =
  In {year} {team} played in the first league of {league}.
  The {year} season was the {ordinal number 3 60} season of {team} in the league of {league}.
  {team} finished the {year} season in {ordinal number 1 18} place.
season_before =
  Before the season {team} bought the {field_role} {starname} {star} from {club}.
  The coach was {male_name} {coach}, who had played for {club}.
  In {month} the {field_role} {male_name} {surname} left the club and went to {club}.
field_role = goalkeeper | defender | midfielder | striker | captain
season_event =
  On {date} {team} {past beat_verb} {club} by {number 1 5} goals to {number 0 2}.
  {star} scored {number_word} goals in the match against {club}.
  In {month} the team lost {number_word} matches in a row.
  {number 8 60},000 people saw the match against {club} on {weekday}.
  After the match {coach} said: "{coach_quote}"
  {star} was the best player of the team and scored {number 7 34} goals in the season.
  The match against {club} in {month} ended without goals.
beat_verb = beat | defeat | win against
coach_quote =
  We played well, but we did not score.
  The {field_role} was {praise}.
  It was {a quality} match for us.
  I am {feeling}, and the players are {feeling}.
  We must train more.
result_line = {date}: {team} – {club} {goals}–{goals}
season_end =
  {team} won the league with {number 60 95} points.
  At the end of the season {coach} left the club.
  {team} had {number 20 95} points at the end of the season and finished in {ordinal number 2 18} place.

match_report =
  {home=club}{away=club}{star=surname}{keeper=surname}{year=number 1950 2018}{first_goal=number 3 40}{second_goal=number 46 88}= {home} against {away}, {year} =\n\n{match_opening} {match_first}\n\n{match_second} {match_second}\n\n{match_end}\n
match_opening =
  On {weekday}, {date} {year}, {home} played against {away} in {city}.
  {number 8 60},000 people came to see the match between {home} and {away}.
  It was {a weather_word} {day_time} when {home} met {away}.
weather_word = cold | warm | rainy | windy | cloudy | sunny
match_first =
  In the {ordinal first_goal} minute {star} scored the first goal for {home}.
  {away} began well, and {surname} hit the post in the {ordinal first_goal} minute.
  For the first {number 10 40} minutes neither team had a chance.
match_second =
  In the {ordinal second_goal} minute the goalkeeper, {keeper}, saved a shot by {star}.
  The {field_role} of {away}, {surname}, had to leave the field after a foul on {star}.
  {star} passed the ball to {surname}, and {surname} scored from {number 8 30} metres.
  After the break {away} played with {number_word} strikers.
  The referee gave a penalty, but {keeper} held the ball.
match_end =
  Final score: {home} {goals}, {away} {goals}.
  At the end the score was {goals} to {goals}.
  "We had no luck," said the coach of {away}. Final score: {home} {goals}, {away} {goals}.
)";

}  // namespace featurescope::demo
